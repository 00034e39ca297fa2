#!/usr/bin/perl
#
# 800-command.t -- gatepost(1): exit codes, try, trace, why, stats, check

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    lists => { example => "block envelope evil.example\n" .
	"block sender shown.example action=tag\n" });
$site->start;

is($site->gatepost->{code}, 64, 'no command: exit 64');
is($site->gatepost('nonsense')->{code}, 64, 'an unknown one: exit 64');
is($site->gatepost('list', 'nonsense')->{code}, 64, 'an unknown verb, too');
my $wrong = $site->gatepost('quarantin', 'list');
is($wrong->{err}, "gatepost: there is no command \"quarantin\"; did you mean " .
    "\"quarantine\"?\n", '... which is named, with the nearest known one');
$wrong = $site->gatepost('list', 'shwo');
like($wrong->{err}, qr/^gatepost: there is no command "list shwo"; did you mean "show"\?$/m,
    '... and so is a verb');
like($wrong->{err}, qr/^  list remove /m, '... with those that there are');
unlike($wrong->{err}, qr/^  quarantine /m, '... of that noun alone');
$wrong = $site->gatepost('outbox');
is($wrong->{code}, 64, 'a verb is missing: exit 64');
like($wrong->{err}, qr/^  outbox send$/m, '... and the verbs are told');
is($site->run(Gatepost::Test::program('gatepost'), '-c')->{err},
    "gatepost: -c lacks the path of a configuration\n",
    '-c without a file is told');
like($site->gatepost('why', "x\e[31m\ny")->{err}, qr/\A[^\e\n]+\n\z/,
    'what was pasted does not act on the terminal');
is($site->gatepost('why')->{code}, 64, 'a word is missing: exit 64');
is($site->gatepost('why', '--colour', 'x')->{code}, 64,
    'an unknown option: exit 64');
is($site->gatepost('why', 'unknown')->{code}, 66,
    'a message nobody knows: exit 66');
my $help = $site->gatepost('--help');
is($help->{code}, 0, '--help');
like($help->{out}, qr/quarantine release ID/, '... has the commands');
$help = $site->gatepost('list', '--help');
like($help->{out}, qr/^  list add /m, 'list --help has those of list');
unlike($help->{out}, qr/^  quarantine /m, '... alone');
SKIP: {
	skip 'not run by root', 2 unless $> == 0;
	my $run = $site->run('setpriv', '--reuid=65533', '--clear-groups',
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    'quarantine', 'list');
	is($run->{code}, 77, 'who may not look: exit 77');
	like($run->{err}, qr/Permission denied; it is for root, nobody and /,
	    '... and is told who may');
}

# check prints what is in force.
my $check = $site->gatepost('check');
is($check->{code}, 0, 'check');
like($check->{out}, qr/^mode = "enforce";$/m, '... prints settings in force');
like($check->{out}, qr/^tenants\[0\]\.policy\.block_sender = "quarantine";$/m,
    '... and those of tenants');

# trace, why: by our id, queue id and Message-ID.
my $sent = $site->milter_message(from => 'a@good.example',
    rcpt => [ 'jane@example.org', 'joe@elsewhere.example' ],
    client => '192.0.2.7', client_name => '[192.0.2.7]',
    data => "From: \"A\" <a\@good.example>\n" .
    "Subject: hello\nMessage-ID: <m1\@good.example>\n" .
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" .
    "see http://www.link.example/path\n\n--b\n" .
    "Content-Type: application/x-a; name=a.bin\n" .
    "Content-Transfer-Encoding: base64\n\nYWJj\n\n--b--\n");
# Of "abc", by FIPS 180-2.
my $sha256 = 'ba7816bf8f01cfea414140de5dae2223' .
    'b00361a396177a9cb410ff61f20015ad';
is($sent->{verdict}, 'continue', 'a message');
ok(Gatepost::Test::wait_for(5, sub {
	$site->gatepost('why', 'm1@good.example')->{code} == 0 }),
    'why by Message-ID');
my $why = $site->json('why', '<m1@good.example>');
is($why->{queue_id}, $sent->{queue_id}, '... the same one');
is($site->json('why', $sent->{queue_id})->{id}, $why->{id},
    'why by queue id');
is($site->json('why', $why->{id})->{id}, $why->{id}, 'why by our id');
is(scalar @{$why->{decisions}}, 2, 'a decision for each recipient');
is($why->{facts}{from}, 'a@good.example', 'facts are in the record');
is($why->{facts}{urls}[0]{host}, 'www.link.example', '... links too');
like($site->gatepost('why', $why->{id})->{out},
    qr/^  client +unknown \[192\.0\.2\.7\], /m,
    'a client without a name is unknown, not its address twice');
like($site->gatepost('why', $why->{id})->{out},
    qr/joe\@elsewhere\.example: delivered.*of no tenant/s,
    'a recipient of no tenant is said to be one');

my $other = $site->gatepost('why', $why->{id}, '--rcpt', 'bob@example.org');
is($other->{code}, 66, 'why for somebody whom it was not for: exit 66');
like($other->{err}, qr/was not for bob\@example\.org/, '... which is said');
$other = $site->gatepost('list', 'show', '--kind', 'sendr');
is($other->{code}, 64, 'an unknown kind: exit 64');
like($other->{err}, qr/--kind: "sendr" is none of sender, envelope, /,
    '... with those there are');
$other = $site->gatepost('outbox', 'delete', $why->{id});
is($other->{code}, 66, 'what is not in the outbox: exit 66');
like($other->{err}, qr/there is no item \w{26} in the outbox; see /,
    '... said in a sentence');
$other = $site->gatepost('quarantine', 'release', '--entry', 'ZZZ');
is($other->{code}, 0, 'a filter that nothing fits is no error');
like($other->{out}, qr/^nothing is held that fits; /, '... but is said');

for ([ from => 'a@good.example' ], [ from => 'A@GOOD.example' ],
    [ rcpt => 'jane@example.org' ], [ ip => '192.0.2.7' ],
    [ ip => '::ffff:192.0.2.7' ], [ file => $sha256 ],
    [ file => uc $sha256 ],
    [ url => 'www.link.example' ], [ domain => 'good.example' ],
    [ envelope => 'a@good.example' ], [ action => 'deliver' ]) {
	my ($by, $value) = @$_;
	my $found = $site->json('trace', "--$by", $value)->{records};

	is(scalar(grep { $_->{id} eq $why->{id} } @$found), 1,
	    "trace --$by $value");
}
is(scalar @{$site->json('trace', '--from', 'b@good.example')->{records}}, 0,
    'trace of another sender finds nothing');
is(scalar @{$site->json('trace', '--rcpt', 'jane@example.org', '--since',
    '2030-01-01')->{records}}, 0, 'trace --since');
is($site->gatepost('trace', '--since', 'soon')->{code}, 64,
    'a time that is none: exit 64');
for ([ ip => 'localhost' ], [ ip => '192.0.2.0/24' ], [ file => 'a.bin' ],
    [ file => substr($sha256, 1) ]) {
	my ($by, $value) = @$_;
	my $run = $site->gatepost('trace', "--$by", $value);

	is($run->{code}, 64, "trace --$by $value: exit 64");
	like($run->{err}, qr/--$by: "\Q$value\E" is no /, '... and is told');
}

# try: the whole way, offline, and nothing is stored.
my $before = $site->json('stats')->{messages};
my $eml = $site->dir . '/try.eml';
Gatepost::Test::write_file($eml, "From: x\@shown.example\nSubject: s\n" .
    "Message-ID: <t\@x.example>\n\nhttp://a.example/\n");
my $try = $site->json('try', $eml, '--from', 'b@evil.example', '--rcpt',
    'jane@example.org', '--ip', '192.0.2.9');
is($try->{facts}{from}, 'x@shown.example', 'try: facts');
is($try->{facts}{envelope}, 'b@evil.example', '... envelope');
is($try->{facts}{urls}[0]{url}, 'http://a.example/', '... links');
is($try->{decisions}[0]{rcpt}, 'jane@example.org', '... decision');
is($try->{decisions}[0]{action}, 'quarantine', '... action');
is($try->{decisions}[0]{category}, 'phish', '... category');
is($try->{decisions}[0]{confidence}, 'high', '... confidence');
is($try->{decisions}[0]{because}{check}, 'lists', '... because');
is(scalar @{$try->{decisions}[0]{findings}}, 2, '... all findings');
is($site->json('stats')->{messages}, $before, '... and nothing is stored');
is(scalar @{$site->json('quarantine', 'list')->{items}}, 0, '... nor held');
like($site->gatepost('try', $eml, '--from', 'b@evil.example')->{out},
    qr/Decision for .*: quarantine.*-> lists: /s, 'try in words');
is($site->gatepost('try', '/nonexistent')->{code}, 66, 'no file: exit 66');

# A table of nothing is a sentence.
like($site->gatepost('stats', '--would')->{out},
    qr/\Aenforce would have done nothing more\n\ndeliver /,
    'stats --would of nothing');

# try of a Maildir.
mkdir $site->dir . "/maildir$_" for '', '/cur', '/new', '/tmp';
Gatepost::Test::write_file($site->dir . "/maildir/cur/$_",
    "From: p$_\@shown.example\nSubject: s\n\nx\n") for 1 .. 3;
Gatepost::Test::write_file($site->dir . '/maildir/new/4',
    "From: q\@good.example\nSubject: s\n\nx\n");
my $dir = $site->gatepost('try', $site->dir . '/maildir');
is($dir->{code}, 0, 'try of a Maildir');
like($dir->{out}, qr/^4 messages\n  deliver    1\n  tag        3/m,
    '... counts what would be done');

# try of an mbox: a message begins behind an empty line, and with a date.
my @bodies = ("x\n", "y\n\nFrom the desk of a friend\n", "z\nFrom a:b\n");
Gatepost::Test::write_file($site->dir . '/mbox', join("\n", map {
    "From p\@shown.example Sun Nov 22 10:43:31 2026\n" .
    "From: p\@shown.example\nSubject: s\n\n$_" } @bodies));
$dir = $site->gatepost('try', $site->dir . '/mbox');
is($dir->{code}, 0, 'try of an mbox');
like($dir->{out}, qr{^\S+ +\S*/mbox:3 p\@shown\.example}m,
    '... a line a message');
like($dir->{out}, qr/^3 messages\n  deliver    0\n  tag        3/m,
    '... counts what would be done');
Gatepost::Test::write_file($site->dir . '/one',
    "From p\@shown.example Sun Nov 22 10:43:31 2026\n" .
    "From: p\@shown.example\nSubject: s\n\nx\n");
like($site->gatepost('try', $site->dir . '/one')->{out},
    qr/^Facts\n  From       <p\@shown\.example>/, '... of one message: as one');

# check --postfix names what is wrong.
SKIP: {
	skip 'no Postfix here', 9
	    unless $> == 0 && Gatepost::Test::installed('postfix');
	$site->postfix_start;
	my $etc = $site->dir . '/postfix/etc';
	my $run = $site->gatepost('check', '--postfix', $etc);
	unlike($run->{out}, qr/error: smtpd_milters does not/,
	    'check --postfix: attached');
	my $main = Gatepost::Test::read_file("$etc/main.cf");
	Gatepost::Test::write_file("$etc/main.cf", "$main\n" .
	    "smtpd_milters = inet:127.0.0.1:1\n" .
	    "milter_default_action = accept\n");
	$run = $site->gatepost('check', '--postfix', $etc);
	is($run->{code}, 78, '... not attached: exit 78');
	like($run->{out}, qr/smtpd_milters does not name Gatepost/, '... says so');
	like($run->{out}, qr/default_action is "accept"/, '... and the action');
	my $socket = $site->socket;
	Gatepost::Test::write_file("$etc/main.cf", "$main\n" .
	    "smtpd_milters = $socket, inet:127.0.0.1:1\n");
	$run = $site->gatepost('check', '--postfix', $etc);
	like($run->{out}, qr/inet:127\.0\.0\.1:1 stands behind Gatepost/,
	    '... names a milter behind us');
	Gatepost::Test::write_file("$etc/main.cf", "$main\n" .
	    "relay_domains = elsewhere.example\nrelay_recipient_maps =\n");
	$run = $site->gatepost('check', '--postfix', $etc);
	like($run->{out}, qr/advice: relay_recipient_maps is empty: .*relay_domains/,
	    '... names domains whose recipients are not listed');
	my $path = $socket =~ s/^unix://r;
	rename $path, "$path.away";
	$run = $site->gatepost('check', '--postfix', $etc);
	like($run->{out}, qr/error: there is no socket \Q$path\E/,
	    '... a socket that is not there');
	rename "$path.away", $path;
	chmod 0600, $path;
	$run = $site->gatepost('check', '--postfix', $etc);
	like($run->{out}, qr/error: only its owner and group may open/,
	    '... and one that Postfix may not open');
	chmod 0666, $path;
	is($site->gatepost('check', '--postfix', '/nonexistent')->{code}, 66,
	    '... no folder: exit 66');
	$site->postfix_stop;
}
$site->stop;

done_testing();
