#!/usr/bin/perl
#
# 710-submit.t -- what is given to the analysts: messages, links and files;
# what is answered at once, and the entries that are made in the same step

use strict;
use warnings;

use FindBin;
use JSON::PP;
use Time::Local;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $results = 'Authentication-Results: auth.example;';
my $site = Gatepost::Test->new(config => { authentication => 'upstream',
    upstreams => [ { name => 'auth', authserv_id => 'auth.example',
    strips => \1 } ], tenants => [
	{ name => 'example', domains => ['example.org'], people =>
	    ['Jane Roe <jane@example.org>'],
	    lists => ['@DIR@/lists/example.list'],
	    policy => { spoof_own => 'quarantine', impersonation => 'quarantine' } },
	{ name => 'other', domains => ['other.example'],
	    lists => ['@DIR@/lists/other.list'] } ] },
    lists => { example => "block sender evil.example\n" .
	"block url bad.example\nblock file " . 'a' x 64 . "\n" .
	"block filename *.scr\n" .
	"allow envelope friend.example proof=none\n", other => "" });
my ($jane, $max, $bob) = ('jane@example.org', 'max@other.example',
    'bob@example.org');

chmod(0750, $site->state_dir);
$site->start;

# The id of a message, once the ledger has it.
my $count = 0;
sub post {
	my (%args) = @_;
	my $subject = $args{subject} // 'message ' . ++$count;
	my $from = $args{from} // "ann$count\@client.example";
	my $id;

	$site->milter_message(from => $args{envelope} // $from,
	    client => '203.0.113.' . (++$count % 200),
	    rcpt => [@{$args{rcpt} // [$jane]}], data => ($args{header} // '') .
	    "From: " . ($args{name} // '') . " <$from>\nSubject: $subject\n" .
	    "Message-ID: <$count\@client.example>\n" .
	    ($args{type} // '') . "\n" . ($args{text} // "text $count\n"));
	Gatepost::Test::wait_for(5, sub {
		($id) = map { $_->{id} } grep { $_->{facts}{subject} eq $subject }
		    @{$site->json('trace', '--from', $from)->{records}};
		return $id });
	return $id;
}

sub submit {
	my (@args) = @_;
	my $run = $site->gatepost('--json', 'submit', @args);

	return $run->{code} ? $run : decode_json($run->{out});
}

sub entries {
	return [sort map { "$_->{action} $_->{kind} $_->{value}" }
	    grep { $_->{options}{submission} }
	    @{$site->json('list', 'show', @_ ? @_ : ('--tenant',
	    'example'))->{entries}}];
}

sub spooled {
	my ($state, $id) = @_;

	return -e $site->state_dir . "/spool/submissions/$state/$id.json";
}

# --- what the analysts are asked -------------------------------------------------

my $plain = post(subject => 'plain', header => "$results dmarc=fail " .
    "header.from=client.example\n");
ok($plain, 'a message is delivered');
my $one = submit($plain, '--as', 'phish', '--note', 'Ann called');
is($one->{status}, 'pending', 'submitted, it waits');
is($one->{result}, 'beingAnalyzed', '... for the analysts');
is("$one->{kind} $one->{as} $one->{source} $one->{rcpt} $one->{tenant}",
    "message phish ledger $jane example", '... with all that is known');
is($one->{subject}, 'plain', '... of it');
ok($one->{sha256}, 'as a candidate its octets are at hand');
ok(spooled('new', $one->{id}), '... and lie in the spool');
is(Gatepost::Test::read_file($site->state_dir .
    "/spool/submissions/new/$one->{id}.eml") =~ s/\r//gr,
    Gatepost::Test::read_file($site->state_dir .
    "/spool/candidates/done/$plain.eml") =~ s/\r//gr, '... as they came');
is(submit($plain, '--as', 'phish')->{id}, $one->{id},
    'the same again, while it waits, is the same submission');
isnt(submit($plain, '--as', 'spam')->{id}, $one->{id},
    'as something else it is another');
like($site->gatepost('why', $plain)->{out}, qr/submitted-phish for \Q$jane\E/,
    'the ledger knows of it');
my $show = $site->gatepost('submission', 'show', $one->{id});
is($show->{code}, 0, 'it is shown');
like($show->{out}, $_->[1], "... $_->[0]") foreach
    ['with its status', qr/^Status: Being analyzed$/m],
    ['with its result', qr/^Result: Under investigation \(beingAnalyzed\)$/m],
    ['with the note', qr/^  note +Ann called$/m],
    ['with the next step', qr/^Next: .*gatepost submission resolve $one->{id}/m],
    ['with why it came through', qr/^Why\n.*DMARC fail/ms];
my $clear = post(subject => 'clear', header => "$results dmarc=pass " .
    "header.from=client.example\n");
is(submit($clear, '--as', 'phish')->{sha256}, undef,
    'what is kept nowhere is submitted without octets');
like($site->gatepost('submit', $clear, '--as', 'spam')->{out},
    qr/its octets are not kept.*submit the message as a file/s,
    '... which is said');

# --- a message in a file ------------------------------------------------------------

my $file = $site->dir . '/message.eml';
Gatepost::Test::write_file($file, "From: <x\@stranger.example>\n" .
    "Subject: from a file\nMessage-ID: <none\@stranger.example>\n\n" .
    "http://link.example/a\n");
$one = submit($file, '--as', 'phish', '--tenant', 'example', '--rcpt', $jane);
is("$one->{source} $one->{from} $one->{subject}",
    'file x@stranger.example from a file', 'a message in a file');
is($one->{message}, undef, '... that the ledger does not know');
is(decode_json(Gatepost::Test::read_file($site->state_dir .
    "/spool/submissions/new/$one->{id}.json"))->{record}{facts}{urls}[0]{url},
    'http://link.example/a', '... is read by a worker');
Gatepost::Test::write_file($file, Gatepost::Test::read_file(
    $site->state_dir . "/spool/candidates/done/$plain.eml"));
is(submit($file, '--as', 'malware')->{message}, $plain,
    'one that it knows is found by Message-ID and body');
Gatepost::Test::write_file($file, Gatepost::Test::read_file($file) . "more\n");
is(submit($file, '--as', 'malware', '--tenant', 'example')->{message}, undef,
    '... but not with another body');
my $run = $site->run({ stdin => "From: <y\@stranger.example>\n\nx\n" },
    Gatepost::Test::program('gatepost'), '-c', $site->config_file, 'submit',
    '-', '--as', 'spam', '--tenant', 'example');
is($run->{code}, 0, 'standard input is a file') or diag($run->{err});

# --- what is answered at once ---------------------------------------------------------

my %held = (
	sender => post(from => 'a@evil.example', subject => 'sender'),
	url => post(text => "http://bad.example/x\n", subject => 'url'),
	filename => post(subject => 'filename', type =>
	    "Content-Type: application/x; name=a.scr\n"),
	spoof => post(from => 'joe@example.org', subject => 'spoof', header =>
	    "$results dmarc=fail header.from=example.org\n"),
	like_name => post(name => '"Jane Roe"', subject => 'like name'),
	allowed => post(envelope => 'a@friend.example', subject => 'allowed'),
);
$site->gatepost('user', 'safe', $bob, 'pal@pals.example');
$held{user} = post(from => 'pal@pals.example', subject => 'user',
    rcpt => [$bob], header =>
    "$results dmarc=pass header.from=pals.example\n");
$site->gatepost('user', 'block', $bob, 'foe@foes.example');
$held{user_block} = post(from => 'foe@foes.example', subject => 'user block',
    rcpt => [$bob]);
my @cases = (
	['held by a sender entry', 'sender', 'phish',
	    'blockedDueToOrganizationOverride',
	    'blockedSenderByTenantAllowBlockList invalidFalseNegative'],
	['... a url entry', 'url', 'phish', 'blockedDueToOrganizationOverride',
	    'blockedUrlByTenantAllowBlockList invalidFalseNegative'],
	['... a filename entry', 'filename', 'malware',
	    'blockedDueToOrganizationOverride',
	    'blockedFileByTenantAllowBlockList invalidFalseNegative'],
	['held by an entry, as clean', 'sender', 'clean',
	    'blockedDueToOrganizationOverride',
	    'blockedSenderByTenantAllowBlockList'],
	['held as spoof, as clean', 'spoof', 'clean', 'spoofedBlocked',
	    'spoofBlocked'],
	['held for the display name, as clean', 'like_name', 'appears-clean',
	    'userImpersonation', 'userImpersonation'],
	['let in by an entry', 'allowed', 'phish',
	    'allowedDueToOrganizationOverride',
	    'allowedSenderByTenantAllowBlockList'],
	['let in by the user', 'user', 'suspicious',
	    'allowedDueToUserOverride', 'allowedByUserSetting'],
	['held by the user', 'user_block', 'clean',
	    'blockedDueToUserOverride', 'blockedByUserSetting'],
);
foreach my $case (@cases) {
	my ($what, $name, $as, $result, $reasons) = @$case;

	ok($held{$name}, "$what: there is one") or next;
	$one = submit($held{$name}, '--as', $as);
	is($one->{result}, $result, '... its result') or diag(explain($one));
	is("@{$one->{reasons}}", $reasons, '... and why');
	is("$one->{status} $one->{completed_by}", 'completed at-once',
	    '... at once');
	ok(spooled('done', $one->{id}), '... so no analyst is asked');
}
$one = submit('https://bad.example/any', '--as', 'phish', '--tenant',
    'example');
is("$one->{kind} $one->{result} @{$one->{reasons}}",
    'url blockedDueToOrganizationOverride invalidFalseNegative ' .
    'blockedUrlByTenantAllowBlockList', 'a link that is blocked already');
is(submit('https://fine.example/', '--as', 'phish', '--tenant',
    'example')->{status}, 'pending', 'another waits');
Gatepost::Test::write_file("$file.bin", "MZ\n");
$one = submit("$file.bin", '--file', '--as', 'malware', '--tenant',
    'example');
is("$one->{kind} $one->{filename} $one->{status}",
    'file message.eml.bin pending', 'a file');

# --- entries in the same step ------------------------------------------------------------

my $links = post(subject => 'links', type => "Content-Type: text/plain\n",
    text => "https://host.example/ https://host.example/path/a?b=1 " .
	"https://deep.example/x\n", header => "$results dmarc=fail " .
	"header.from=client.example\n");
my $from = $site->json('why', $links)->{facts}{from};
is_deeply(entries(), [], 'no entry has been made so far');
$run = $site->gatepost('submit', $links, '--as', 'phish', '--block', 'sender',
    '--block', 'url', '--expires', '7d');
is($run->{code}, 0, 'submitted and blocked in one step') or diag($run->{err});
is_deeply(entries(), ["block sender $from", 'block url deep.example/x',
    'block url host.example/path/a'], '... sender and links');
like($run->{out}, qr/left out host\.example: it is a whole host/,
    '... but no whole host, which is said');
my ($entry) = grep { $_->{kind} eq 'sender' && $_->{value} eq $from }
    @{$site->json('list', 'show', '--tenant', 'example')->{entries}};
like($entry->{options}{note}, qr/submitted as phish/, '... with a note');
my ($y, $m, $d) = $entry->{options}{expires} =~ /^(\d+)-(\d+)-(\d+)/;
ok(abs(timegm(0, 0, 0, $d, $m - 1, $y) - time() - 6.5 * 86400) < 2 * 86400,
    '... for as long as was said');
($one) = grep { $_->{message} && $_->{message} eq $links }
    @{$site->json('submission', 'list')->{submissions}};
is_deeply([sort @{$one->{entries}}], [sort map { $_->{key} }
    grep { $_->{options}{submission} } @{$site->json('list', 'show',
    '--tenant', 'example')->{entries}}], 'the submission knows its entries');
ok(Gatepost::Test::wait_for(5, sub {
	my $again = post(from => $from, subject => 'again ' . ++$count);

	return grep { $_->{id} eq $again }
	    @{$site->json('quarantine', 'list')->{items}};
}), 'the next such message is held');
submit('https://one.example/', '--as', 'phish', '--block', 'url', '--tenant',
    'example');
ok((grep { $_ eq 'block url one.example' } @{entries()}),
    'a link that is submitted alone may be a whole host');
my @refused = (
	['of our own domain', [$held{spoof}, '--as', 'phish', '--block',
	    'domain'], qr/mail of your own people.*--block spoof/],
	['with nothing to name', [$clear, '--as', 'phish', '--block',
	    'file'], qr/the message has no file/],
	['of a clean message', [$clear, '--as', 'clean', '--block',
	    'sender'], qr/does not go with --block/],
	['of a question', [$clear, '--as', 'suspicious', '--block',
	    'sender'], qr/--as suspicious only asks/],
	['of a link, by sender', ['https://l.example/', '--as', 'phish',
	    '--block', 'sender', '--tenant', 'example'],
	    qr/of a link it can only be url/],
);
foreach my $case (@refused) {
	my $before = @{$site->json('submission', 'list')->{submissions}};

	$run = $site->gatepost('submit', @{$case->[1]});
	isnt($run->{code}, 0, "a block $case->[0] is refused");
	like($run->{err}, $case->[2], '... with the reason');
	is(scalar @{$site->json('submission', 'list')->{submissions}},
	    $before, '... and nothing is submitted');
}
$run = $site->gatepost('submit', $held{like_name}, '--as', 'clean', '--allow',
    'sender');
like($run->{err}, qr/nothing proved From/,
    'an allow that would not count is refused');

# --- tenants, the listing -------------------------------------------------------------------

$run = $site->gatepost('submit', $plain, '--as', 'phish', '--tenant',
    'other');
is($run->{code}, 66, 'no tenant submits the mail of another');
my $both = post(subject => 'both', rcpt => [$jane, $max]);
is(submit($both, '--as', 'spam', '--rcpt', $max)->{tenant}, 'other',
    '--rcpt chooses the copy, and so the tenant');
my @lists = (
	['all of a tenant', ['--tenant', 'other'], sub {
	    $_->{tenant} eq 'other' }],
	['by status', ['--status', 'completed'], sub {
	    $_->{status} eq 'completed' }],
	['by result', ['--result', 'spoofedBlocked'], sub {
	    $_->{result} eq 'spoofedBlocked' }],
	['by what it is', ['--kind', 'url'], sub { $_->{kind} eq 'url' }],
	['by as what', ['--as', 'malware'], sub { $_->{as} eq 'malware' }],
	['by message', ['--message', $plain], sub {
	    ($_->{message} // '') eq $plain }],
	['by recipient', ['--rcpt', $bob], sub { ($_->{rcpt} // '') eq $bob }],
	['by source', ['--source', 'file'], sub { $_->{source} eq 'file' }],
);
my $all = $site->json('submission', 'list')->{submissions};
foreach my $case (@lists) {
	my ($what, $filter, $test) = @$case;
	my @wanted = map { $_->{id} } grep { $test->() } @$all;

	is_deeply([map { $_->{id} } @{$site->json('submission', 'list',
	    @$filter)->{submissions}}], \@wanted, "listed $what");
	ok(@wanted && @wanted < @$all, '... which is not all');
}
my (@paged, $next);
for (1 .. 50) {
	my $page = $site->json('submission', 'list', '--most', 4,
	    $next ? ('--after', $next) : ());

	push(@paged, map { $_->{id} } @{$page->{submissions}});
	$next = $page->{next} or last;
}
is_deeply(\@paged, [map { $_->{id} } @$all], 'pages have each once');
my $csv = $site->gatepost('submission', 'list', '--csv', '--most', 0)->{out};
is(scalar(() = $csv =~ /\r\n/g), @$all + 1, 'as CSV, with its heads');
like($csv, qr/\Aid,submitted,by,as,.*\r\n$all->[0]{id},/, '... in order');
my %groups = map { $_->{group} => $_->{count} }
    @{$site->json('submission', 'list', '--group-by', 'as')->{groups}};
is($groups{malware}, scalar(grep { $_->{as} eq 'malware' } @$all),
    'groups are counted');
$run = $site->gatepost('submission', 'show', $all->[0]{id}, '--tenant',
    $all->[0]{tenant} eq 'other' ? 'example' : 'other');
is($run->{code}, 66, 'to another tenant a submission is not there');

$site->stop;
$site->finish;
done_testing();
