#!/usr/bin/perl
#
# 680-digest.t -- who gets a digest, when, in which language, and what stands
# in it: new and ending, without strangers' links, with tokens that work

use strict;
use warnings;
use utf8;

use Encode ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Gatepost::Token qw(parts_of tokens_of);
use Test::More;

Gatepost::Test->need('faketime');

my $alice = 'alice@example.org';
my $desk = 'quarantine@example.org';
my $site = Gatepost::Test->new(
    tenants => [
	{ name => 'example', domains => ['example.org'], zone => 'Europe/Paris',
	  protected_domains => ['partner-bank.example'],
	  digest => { address => $desk, every => 'day', hour => 7,
	      portal => 'https://q.example.org' },
	  quarantine => { rights => { block_sender => 'full',
	      block_name => 'limited', block_envelope => 'none' },
	      days => { block_name => 9 } },
	  users => { map => 'file:@DIR@/map', owners => 'file:@DIR@/owners' } },
	{ name => 'other', domains => ['other.org'], language => 'de',
	  digest => { every => 'day' },
	  quarantine => { rights => { block_sender => 'full' } } } ],
    lists => { example => "block sender evil.example\n" .
	"block sender partner-bnak.example\n" .
	"block name \"Jane Boss\"\nblock envelope *.odd.example\n",
	other => "block sender evil.example\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');

Gatepost::Test::write_file($site->dir . '/map',
    "far\@example.org far\@elsewhere.example\n" .
    "al\@example.org $alice\nteam\@example.org $alice, bob\@example.org\n" .
    "both\@example.org x\@elsewhere.example, y\@elsewhere.example\n");
Gatepost::Test::write_file($site->dir . '/owners',
    "team\@example.org bob\@example.org\n");
$site->write_config(release => { smtp => $sink->place });
$site->start;

my $number = 0;
sub hold {
	my ($rcpt, %arg) = @_;
	my %before = map { $_->{id} => 1 }
	    @{$site->json('quarantine', 'list')->{items}};
	my $from = delete $arg{author} || 'x@evil.example';
	my $subject = delete $arg{subject} || 'hello';

	$site->milter_message(from => 'x@evil.example', rcpt => [ $rcpt ],
	    client => '198.51.100.25', data => "From: $from\n" .
	    "Subject: $subject\nMessage-ID: <" . ++$number . "\@x>\n\nx\n",
	    %arg);
	return (grep { !$before{$_} } map { $_->{id} }
	    @{$site->json('quarantine', 'list')->{items}})[0];
}

# Run the command so many days and hours from now.
sub digest {
	my ($shift, @args) = @_;
	my $run;

	$sink->forget;
	$run = $site->gatepost({ in => $shift }, 'digest', @args);
	is($run->{code}, 0, "digest $shift @args") or diag($run->{err});
	return $run->{out};
}

sub to {
	my ($rcpt) = @_;

	return map { $_->{data} } grep { $_->{rcpt}[0] =~
	    /^TO:<\Q$rcpt\E>/ } $sink->mails;
}

# --- what stands in it ----------------------------------------------------

my $nasty = '=?utf-8?b?' . do {
	require MIME::Base64;
	MIME::Base64::encode_base64(Encode::encode_utf8("<b>\x{202e}go</b> " .
	    "http://phish.example/a \"x\" & 192.0.2.1"), '') } . '?=';
my $one = hold($alice, subject => $nasty);
my $two = hold('al@example.org', author => 'Jane Boss <j@b.example>');
my $three = hold($alice, author => 'pay@partner-bnak.example');
my $unseen = hold($alice, from => 'a@b.odd.example',
    author => 'secret@b.odd.example');
my $team = hold('team@example.org');
hold('far@example.org');
hold('both@example.org');
hold('jo@other.org');

my $out = $site->gatepost('digest', '--now', '--dry-run')->{out};
is(scalar($sink->mails), 0, 'a dry run sends nothing');
like($out, qr/^\Q$alice\E: 3 new, 0 soon deleted$/m, '... and tells who');
$sink->forget;
my $run = $site->gatepost('digest', '--now');
is($run->{code}, 75, 'an alias of strangers alone gets none');
like($run->{err}, qr/no digest for x\@elsewhere\.example .*none of his addresses is in a domain of the tenant/,
    '... and it is said why');
is_deeply([sort map { $_->{rcpt}[0] =~ /<(.*)>/ } $sink->mails],
    [$alice, 'bob@example.org', 'far@example.org', 'jo@other.org'],
    'each user gets one, to an address of the tenant');
my ($mail) = to($alice);
my ($head) = split(/\r\n\r\n/, $mail);
like($mail, qr/^From: Gatepost <\Q$desk\E>\r$/m, 'From is the address');
like($head, qr/^Subject: Messages held for you: 3\r$/m, 'the subject counts');
like($head, qr/^$_\r?$/m, $_) for 'Auto-Submitted: auto-generated',
    'Precedence: bulk', 'MIME-Version: 1.0';
is($sink->{x} // (grep { $_->{rcpt}[0] =~ /alice/ } $sink->mails)[0]{mail} =~
    /^FROM:<>/, 1, 'the sender is null');
is(scalar(grep { length > 998 } split(/\r\n/, $mail)), 0, 'no line is long');
is(scalar(grep { /[^\t\r\n -~]/ } $mail), 0, '... and all is ASCII');
my %parts = parts_of($mail);
my ($text, $html) = map { Encode::decode_utf8($parts{$_}) }
    qw(text/plain text/html);
for my $part (['text', $text], ['page', $html]) {
	my ($name, $body) = @$part;

	like($body, qr/x\@evil\[\.\]example/, "$name: the sender's domain");
	like($body, qr/Your administrators block its sender\./,
	    '... the reason in words');
	like($body, qr/20\d\d-\d\d-\d\d \d\d:\d\d CES?T/,
	    '... the time in the zone');
	like($body, qr/resembles partner-bank\[\.\]example/,
	    '... what looks like another');
	is(() = $body =~ /resembles/g, 1, '... and nothing else');
	like($body, qr{https://q\.example\.org/$one}, '... the portal');
	unlike($body, qr{http://|phish\.example|evil\.example|192\.0\.2\.1},
	    "... no stranger's link");
	unlike($body, qr/[\x{202a}-\x{202e}\x{2066}-\x{2069}]/,
	    '... nothing that turns text');
	unlike($body, qr/secret/, '... and not what he may not see');
	unlike($body, qr/$team/, "... nor another's");
}
unlike($html, qr/<b>\?go|<script|<img|src=|url\(/i,
    'the page has no tag of a stranger, and nothing from elsewhere');
like($html, qr/&lt;b&gt;\?go&lt;\/b&gt;/, '... what he wrote is text');
is(scalar(() = $html =~ /<(?:a|td|tr|table|p|h2|b|bdi|div)\b/g),
    scalar(() = $html =~ /<\/(?:a|td|tr|table|p|h2|b|bdi|div)>/g),
    '... and each tag ends');
my $found = tokens_of($mail);
is_deeply({ map { $_ => scalar @{$found->{$_}} } keys %$found },
    { release => 2, request => 1, preview => 3, delete => 3, allow => 3,
      block => 3, 'not-junk' => 3, phish => 3 },
    'the links are what the rights allow');
is_deeply([sort($html =~ /(GP1-\w{64})/g)],
    [sort map { @$_ } values %$found], 'the page has the same links');
like($html, qr/href="mailto:quarantine\@example\.org\?subject=Release%20GP1-\w{64}&amp;body=/,
    '... as mail to be sent');
like((tokens_of((to('bob@example.org'))[0]) || {})->{release}[0], qr/^GP1/,
    "an alias is its owner's");
ok(!tokens_of((to('bob@example.org'))[0])->{block}, '... without lists');
is_deeply(tokens_of((to('jo@other.org'))[0]), {},
    'a tenant without an address has no links');

# --- languages ------------------------------------------------------------

like((to('jo@other.org'))[0], qr/^Subject: =\?utf-8\?B\?/m,
    "the tenant's language: its subject is encoded");
like(Encode::decode('MIME-Header', ((to('jo@other.org'))[0] =~
    /^Subject: (.*?)\r\n\S/ms)[0]),
    qr/^Für Sie zurückgehaltene Nachrichten: 1$/, '... and is German');
like(Encode::decode_utf8({parts_of((to('jo@other.org'))[0])}->{'text/plain'}),
    qr/Ihre Administratoren sperren den Absender\./, '... as the reason');
is($site->gatepost('user', 'set', $alice, 'language=fr')->{code}, 0,
    'a user chooses');
is_deeply([@{$site->json('user', 'set', $alice)}{qw(language digest)}],
    ['fr', 'day'], '... and it is kept');
isnt($site->gatepost('user', 'set', $alice, $_)->{code}, 0, "not $_")
    for 'language=xx', 'digest=2h', 'colour=red';

# A token of it works, and the answer is his language's.
$sink->forget;
$site->milter_message(from => $alice, rcpt => [ $desk ],
    client => '198.51.100.77', macros => [ "mail:auth_authen=$alice" ],
    data => "From: $alice\nSubject: " . $found->{release}[0] . "\n\n");
Gatepost::Test::wait_for(10, sub { to($alice) >= 2 });
my ($answer) = grep { /^Auto-Submitted/m } to($alice);
like(Encode::decode('MIME-Header', ($answer =~ /^(Subject: .*?)\r\n\S/ms)[0]),
    qr/Message libéré/, 'a token of the digest releases, and the answer is '
    . 'French');

# --- when -----------------------------------------------------------------

$sink->forget;
is(digest('', '--now'), '', 'nothing new: no mail');
is(scalar($sink->mails), 0, '... to nobody');
my $late = hold($alice, subject => 'late');
is(digest(''), '', 'it is not due yet');
like(digest('+1d'), qr/^\Q$alice\E: 1 new, 0 soon deleted$/m,
    'a day later it is, and tells what is new');
($mail) = to($alice);
like(Encode::decode('MIME-Header', ($mail =~ /^(Subject: .*?)\r\n\S/ms)[0]),
    qr/Messages retenus pour vous : 1/, '... in French');
is(digest('+1d'), '', '... once');
is(digest('+2d'), '', '... and not the day after');

# What was told is told once more before it is gone: nine days for one reason.
my $again = digest('+8d');
like($again, qr/^\Q$alice\E: 0 new, 1 soon deleted$/m,
    'two days before its end a message is told again');
is(digest('+8d'), '', '... once');

# A user who never wants one, and one who wants it weekly.
my $wilma = 'wilma@example.org';

$site->gatepost('user', 'set', $wilma, 'digest=never');
hold($wilma);
is(digest('+10d'), '', 'never is never');
$site->gatepost('user', 'set', $wilma, 'digest=week');
like(digest('+7d'), qr/^\Q$wilma\E: 1 new/m, 'in a week: weekly');
hold($wilma);
$site->gatepost('user', 'set', $wilma, 'digest=default');

# --- blocked senders ------------------------------------------------------

hold('carl@example.org', author => 'one@evil.example');
hold('carl@example.org', author => 'two@evil.example');
$site->gatepost('user', 'block', 'carl@example.org', 'two@evil.example');
like(digest('', '--now', '--user', 'carl@example.org'),
    qr/^carl\@example\.org: 1 new/, 'a blocked sender is left out');
unlike($_, qr/two\@evil/, '... altogether')
    for map { $_ // '' } values %{{parts_of((to('carl@example.org'))[0])}};
my $eve = 'eve@example.org';

hold($eve, author => 'friend@evil.example');
hold($eve, author => 'foe@evil.example');
$site->gatepost('user', 'block', $eve, 'evil.example');
$site->gatepost('user', 'safe', $eve, 'friend@evil.example');
like(digest('', '--now', '--user', $eve), qr/^\Q$eve\E: 1 new/,
    'of a blocked domain a safe sender is not');
like({parts_of((to($eve))[0])}->{'text/plain'}, qr/friend\@evil/,
    '... so that his mail is told');

# --- what fails -----------------------------------------------------------

hold('dave@example.org');
$sink->stop;
$run = $site->gatepost('digest', '--now', '--user', 'dave@example.org');
is($run->{code}, 75, 'without a listener none is sent');
like($run->{err}, qr/no digest for dave\@example\.org/, '... and it is said');
my $other = Gatepost::Sink->new(folder => $site->dir . '/sink2');
$site->write_config(release => { smtp => $other->place });
is($site->gatepost('digest', '--now', '--user', 'dave@example.org')->{code},
    0, '... it is due still');
is(scalar($other->mails), 1, '... and sent then');
$other->stop;

$site->stop;
done_testing();
