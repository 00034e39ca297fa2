#!/usr/bin/perl
#
# 740-analysts.t -- the types of analysts that need nobody else's server: what
# leaves, how an answer is understood, what a result follows

use strict;
use warnings;

use FindBin;
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use lib "$FindBin::Bin/lib";
use Gatepost::Http;
use Gatepost::Sink;
use Gatepost::Spool;
use Gatepost::Test;
use Test::More;

my $sink_folder = File::Temp::tempdir(CLEANUP => 1);
my $sink = Gatepost::Sink->new(folder => "$sink_folder/mail");
my $site = Gatepost::Test->new(config => {
    release => { smtp => $sink->place } });
my $dir = $site->dir;
my $mail = join("\r\n", 'Delivered-To: jane@example.org',
    'From: Bank <x@bank.example>', 'To: "Jane" <Jane+shop@Example.ORG>',
    'Subject: your account, jane@example.org', 'X-Odd: kept', '',
    'Dear jane@example.org, see https://phish.example/?u=jane%40example.org',
    'and write to maryjane@example.org or jane@example.org.uk', '');

# Analysts are settings; those given are all there are.
sub analysts {
	my (@all) = @_;

	$site->write_config(analysts => \@all);
}

sub drain {
	my ($want, @options) = @_;
	my $result = $site->gatepost('drain', @options);

	is($result->{code}, $want, "drain ends with $want")
	    or diag($result->{out}, $result->{err});
	return $result;
}

sub record {
	my ($id) = @_;

	return $site->json('submission', 'show', $id);
}

# A program of the test, which the daemon's user may run.
sub program {
	my ($name, $text) = @_;

	Gatepost::Test::write_file("$dir/$name", "#!/bin/sh\n$text\n");
	chmod(0755, "$dir/$name");
	return "$dir/$name";
}

is($site->gatepost('status')->{code} < 2, 1, 'the site is opened');

# --- nobody, or nobody for that ---------------------------------------------

my $id = Gatepost::Spool::put($site, data => $mail);
drain(0);
is(record($id)->{result}, 'furtherAnalysisNeeded', 'no analyst: further');
is(Gatepost::Spool::place($site, $id), 'done', '... and it is done');
analysts({ name => 'a', type => 'manual', as => ['spam'] });
$id = Gatepost::Spool::put($site, data => $mail);
drain(0);
is(record($id)->{result}, 'furtherAnalysisNeeded',
    'none that takes it: further');

# --- commands ------------------------------------------------------------------

my $seen = "$dir/run/seen";
my @commands = (
	['a word', 'echo phish like a bank', 'phish', 'like a bank', 0],
	['a word of its own', 'echo Bad so bad', 'malware', 'so bad', 0],
	['a word that is none', 'echo nonsense', 'unknown',
	    'it said "nonsense", which is none of our words: see words in ' .
	    'gatepost.conf(5)', 0],
	['nothing', 'true', undef, 'it printed no verdict', 75],
	['a failure', 'echo clean; exit 3', undef, 'it ended with exit 3', 75],
	['a signal', 'kill -9 $$', undef, 'it ended by signal 9', 75],
	['no end', 'sleep 100', undef,
	    'it did not end in time and was killed', 75],
	['gigabytes', 'yes clean', undef,
	    'it printed too much and was killed', 75],
	['its surroundings', "{ cat; echo; env; ls -l /proc/self/fd; } " .
	    ">$seen; echo clean", 'clean', undef, 0],
);
foreach my $case (@commands) {
	my ($what, $script, $verdict, $detail, $code) = @$case;

	analysts({ name => 'cmd', type => 'command', timeout => 1,
	    argv => [program('analyse', $script), '$HOME; x'],
	    words => ['bad=malware'] });
	unlink($site->state_dir . '/drain/cmd.json');
	$id = Gatepost::Spool::put($site, data => $mail);
	drain($code, '--once');
	my $attempt = record($id)->{attempts}[0];

	is($attempt->{state}, $verdict ? 'answered' : 'waiting',
	    "a command that says $what");
	is($attempt->{verdict}, $verdict // 'none', '... its verdict');
	is(($attempt->{$verdict ? 'detail' : 'fault'} // '') =~
	    s{^/\S+/analyse: }{}r, $detail // '', '... and why');
	is(Gatepost::Spool::place($site, $id), $verdict ? 'done' : 'claimed',
	    '... where it lies then');
	$site->gatepost('submission', 'resolve', $id, 'unknown')
	    unless $verdict;
}
my $text = Gatepost::Test::read_file($seen);
my $stand_in = 'recipient@recipient.invalid';
like($text, qr/GATEPOST_ID=\Q$id\E\n/, 'the environment names the id');
unlike($text, qr/^(?:HOME|PERL\w*|GATEPOST_BUILD|TMPDIR)=/m,
    '... and holds nothing of ours');
is(scalar(() = $text =~ / [0-9] -> /g) <= 4, 1,
    'no descriptor of ours is open') or diag($text);

# --- what leaves -----------------------------------------------------------------

my %record = (id => Gatepost::Spool::id(), facts => { urls => [
    { url => 'https://phish.example/?u=jane%40example.org',
      host => 'phish.example' } ], files => [ { sha256 => 'ab' x 32 } ],
    body_sha256 => 'cd' x 32 }, decisions => [
    { rcpt => 'jane@example.org' }, { rcpt => 'bob@example.org' } ]);
my %left = (
	full => $mail,
	'no-recipient' => join("\r\n", "Delivered-To: $stand_in",
	    'From: Bank <x@bank.example>', "To: \"Jane\" <$stand_in>",
	    "Subject: your account, $stand_in", 'X-Odd: kept', '',
	    "Dear $stand_in, see https://phish.example/?u=recipient%40" .
	    'recipient.invalid',
	    'and write to maryjane@example.org or jane@example.org.uk', ''),
	'headers-and-urls' => join("\r\n", 'From: Bank <x@bank.example>',
	    "Subject: your account, $stand_in", '',
	    'https://phish.example/?u=recipient%40recipient.invalid', ''),
);
foreach my $privacy (sort(keys %left), 'hashes') {
	analysts({ name => 'cmd', type => 'command', privacy => $privacy,
	    argv => [program('keep', "cat >$seen; echo clean")] });
	$id = Gatepost::Spool::put($site, data => $mail,
	    rcpt => 'jane@example.org', from => 'x@bank.example',
	    record => \%record);
	drain(0);
	$text = Gatepost::Test::read_file($seen);
	if ($privacy eq 'hashes') {
		my $hashes = JSON::PP::decode_json($text);

		is($hashes->{body_sha256}, 'cd' x 32, 'hashes: of the body');
		is_deeply($hashes->{files}, ['ab' x 32], '... of files');
		is_deeply($hashes->{domains}, ['bank.example',
		    'phish.example'], '... and domains');
		unlike($text, qr/jane|account/, '... and no more');
	} else {
		is($text, $left{$privacy}, "what leaves at $privacy");
	}
	my $attempt = record($id)->{attempts}[0];

	is($attempt->{privacy}, $privacy, '... is recorded');
	is($attempt->{size}, length($text), '... with its size');
	is($site->gatepost('submission', 'show', $id, '--sent', 'cmd')->{out},
	    $text, '... and can be shown, octet for octet');
}

# --- HTTP --------------------------------------------------------------------------

my %answers = (
	'/clean' => [200, '{"verdict":"clean","detail":"fine"}'],
	'/deep' => [200, '{"data":[{"x":{"v":"malicious"}}],"why":"bad"}'],
	'/garbage' => [200, "\xff\xfe<html>"],
	'/empty' => [200, '{}'],
	'/500' => [500, 'oops'],
	'/400' => [400, 'no such thing'],
	'/429' => [429, 'slowly'],
	'/moved' => [302, '', 'Location: http://127.0.0.1:1/'],
	'/later' => [202, '{"ticket":"a b/1"}'],
	'/poll/a%20b%2F1' => [200, '{"verdict":"spam","detail":"at last"}'],
	'/slow' => [sub { sleep(30) }],
	'/huge' => [sub {
		my ($peer) = @_;

		print $peer "HTTP/1.1 200 x\r\n\r\n";
		print $peer 'x' x 1_000_000 while print $peer ' ';
	}],
	'/lying' => [200, '{"verdict":"' . 'x' x 3000 . '\u001b[2J"}'],
);
my $http = Gatepost::Http->new(folder => "$sink_folder/http", answer => sub {
	my ($request) = @_;

	return @{$answers{$request->{path}} // [404, 'what']};
});
my @http = (
	['a verdict', '/clean', {}, 'answered', 'clean', 'fine'],
	['one in the deep', '/deep', { answer => { verdict => 'data.0.x.v',
	    detail => 'why' }, words => ['malicious=malware'] }, 'answered',
	    'malware', 'bad'],
	['garbage', '/garbage', {}, 'waiting', 'none', qr/is no JSON/],
	['no verdict', '/empty', {}, 'waiting', 'none',
	    qr/nothing at answer\.verdict/],
	['500', '/500', {}, 'waiting', 'none', qr/it answers 500: oops/],
	['429', '/429', {}, 'waiting', 'none', qr/it answers 429/],
	['400', '/400', {}, 'refused', 'none', qr/400: no such thing/],
	['a redirection', '/moved', {}, 'waiting', 'none', qr/has moved/],
	['nothing', '/slow', { timeout => 1 }, 'waiting', 'none',
	    qr/no answer in 1 s/],
	['gigabytes', '/huge', {}, 'waiting', 'none',
	    qr/more than 1048576 octets/],
	['lies', '/lying', {}, 'answered', 'unknown', qr/none of our words|^it said/],
);
foreach my $case (@http) {
	my ($what, $path, $more, $state, $verdict, $why) = @$case;

	$http->forget;
	analysts({ name => 'web', type => 'http', url => $http->url . $path,
	    %$more });
	unlink($site->state_dir . '/drain/web.json');
	$id = Gatepost::Spool::put($site, data => $mail,
	    rcpt => 'jane@example.org', note => "a \"note\"\n");
	my $result = $site->gatepost('drain', '--once');
	my $one = record($id);
	my $attempt = $one->{attempts}[0];

	is($attempt->{state}, $state, "HTTP: $what");
	is($attempt->{verdict}, $verdict, '... the verdict');
	like($attempt->{$state eq 'answered' ? 'detail' : 'fault'} // '',
	    ref $why ? $why : qr/^\Q$why\E$/, '... and why');
	my ($request) = $http->requests;

	is($request->{headers}{'idempotency-key'}, $id, '... the id goes');
	my $body = JSON::PP->new->decode($request->{body});

	is($body->{note}, "a \"note\"\n", '... fields are escaped');
	is(decode_base64($body->{message}), $left{'no-recipient'},
	    '... with what may leave');
	is($one->{result}, 'noResultAvailable', '... nobody took it')
	    if $state eq 'refused';
	is(Gatepost::Spool::place($site, $id), 'failed', '... it failed')
	    if $state eq 'refused';
	$site->gatepost('submission', 'resolve', $id, 'unknown')
	    if $one->{status} eq 'pending';
}

# A ticket, and asked again later.
$http->forget;
analysts({ name => 'web', type => 'http', url => $http->url . '/later',
    poll => $http->url . '/poll/{ticket}' });
$id = Gatepost::Spool::put($site, data => $mail);
drain(0);
is(record($id)->{attempts}[0]{state}, 'sent', 'a ticket: it is sent');
drain(0);
is(scalar($http->requests), 1, '... and not asked again at once');
SKIP: {
	skip('faketime is not installed', 3)
	    unless Gatepost::Test::installed('faketime');
	my $result = $site->gatepost({ in => '+2m' }, 'drain');

	is($result->{code}, 0, '... but later') or diag($result->{err});
	is(record($id)->{attempts}[0]{detail}, 'at last', '... then it says');
	is(record($id)->{result}, 'spam', '... and that is the result');
}

# Forms, and a token that is in no argument and no configuration.
Gatepost::Test::write_file("$dir/token", "s3cret\nmore\n");
my ($uid, $gid) = (stat $site->state_dir)[4, 5];
chown($uid, $gid, "$dir/token");
chmod(0644, "$dir/token");
$http->forget;
analysts({ name => 'web', type => 'http', url => $http->url . '/clean',
    form => 'multipart', parts => ['key={id}', 'kind={as}/{kind}',
    'file={message}'], secret_file => "$dir/token" });
$id = Gatepost::Spool::put($site, data => $mail);
like(drain(75)->{err}, qr/everybody may read it; chmod o=/,
    'a secret that all may read is none');
is(scalar($http->requests), 0, '... and is not sent');
chmod(0600, "$dir/token");
unlink($site->state_dir . '/drain/web.json');
$id = Gatepost::Spool::put($site, data => $mail);
drain(0);
my ($request) = $http->requests;
is($request->{headers}{authorization}, 'Bearer s3cret', 'its first line is');
like($request->{body}, qr/name="key"\r\n\r\n$id\r\n/, 'a part');
like($request->{body}, qr{name="kind"\r\n\r\nphish/message\r\n},
    '... with fields');
like($request->{body}, qr{name="file";\ filename="message\.eml"\r
\nContent-Type:\ message/rfc822\r\n\r\nDelivered-To}x, '... and a file');

# A Unix socket.
my $local = Gatepost::Http->new(folder => "$sink_folder/unix",
    socket => "$dir/run/http.sock", answer => sub {
	return (200, '{"verdict":"bulk"}') });
analysts({ name => 'local', type => 'http', url => 'http://desk/x',
    socket => "$dir/run/http.sock" });
$id = Gatepost::Spool::put($site, data => $mail);
drain(0);
is(record($id)->{verdict}, 'bulk', 'a service on a Unix socket');
is(($local->requests)[0]{headers}{host}, 'desk', '... by its name');

# Links and files.
$http->forget;
analysts({ name => 'web', type => 'http', url => $http->url . '/clean',
    takes => ['url', 'file'] });
my $url = Gatepost::Spool::put($site, kind => 'url', url =>
    'https://phish.example/a');
my $file = Gatepost::Spool::put($site, kind => 'file', filename => 'a.exe',
    data => "MZ\0\xff");
drain(0);
is(record($url)->{result}, 'noThreatsFound', 'a link');
is_deeply(record($url)->{reasons}, ['urlFileShouldNotBeBlocked'],
    '... with a code');
is(record($file)->{result}, 'noThreatsFound', 'a file');
my ($of_file) = grep { $_->{kind} eq 'file' }
    map { JSON::PP->new->decode($_->{body}) } $http->requests;
is(decode_base64($of_file->{message}), "MZ\0\xff", '... its octets');

# --- mail ----------------------------------------------------------------------------

analysts({ name => 'desk', type => 'mail', address => 'abuse@desk.example' },
    { name => 'arf', type => 'mail', address => 'fbl@desk.example',
      form => 'arf' });
$id = Gatepost::Spool::put($site, data => $mail, rcpt => 'jane@example.org');
drain(0);
my %mails = map { $_->{rcpt}[0] =~ /<(.*?)>/ ? ($1 => $_) : () } $sink->mails;
is(join(' ', sort keys %mails), 'abuse@desk.example fbl@desk.example',
    'a desk gets mail');
my $desk = $mails{'abuse@desk.example'}{data};
like($mails{'abuse@desk.example'}{mail}, qr/^FROM:<postmaster\@example\.org>/,
    '... from our postmaster');
like($desk, qr/^Message-ID: <\Q$id\E\.desk\@example\.org>\r$/m,
    '... under the id');
like($desk, qr{Content-Type: message/rfc822.*\n\r\nDelivered-To: \Q$stand_in}s,
    '... the message attached');
unlike($desk, qr/^(?!.*maryjane).*jane\@example\.org(?!\.)/m,
    '... without its recipient');
like($mails{'fbl@desk.example'}{data}, qr{report-type=feedback-report.*
message/feedback-report\r\n\r\nFeedback-Type:\ fraud\r\nUser-Agent:\ Gatepost}sx,
    'a report as RFC 5965 has it');
is(record($id)->{status}, 'pending', 'it waits for an answer');
$site->gatepost('submission', 'resolve', $id, 'phish', '--note', 'by phone');
is(record($id)->{result}, 'threatsFound', '... or for the admin');

# --- how they become one ---------------------------------------------------------------

sub says { return { name => $_[0], type => 'command',
    argv => [program("say-$_[0]", "echo $_[0]")] } }

my @rules = (
	['any-malware', [qw(clean malware clean)], 'threatsFound'],
	['any-malware', [qw(clean spam clean)], 'noThreatsFound'],
	['majority', [qw(clean malware spam)], 'unknown'],
	['majority', [qw(malware unknown)], 'threatsFound'],
);
foreach my $rule (@rules) {
	my ($combine, $words, $result) = @$rule;
	my $count = 0;
	my @all = map { { %{says($_)}, name => "a" . $count++ } } @$words;

	$site->write_config(combine => $combine, analysts => \@all);
	$id = Gatepost::Spool::put($site, data => $mail);
	drain(0);
	is(record($id)->{result}, $result, "$combine of @$words");
}
$site->write_config(combine => 'first', analysts => [says('bulk'),
    { name => 'me', type => 'manual' }]);
$id = Gatepost::Spool::put($site, data => $mail);
drain(0);
is(record($id)->{result}, 'bulk', 'first: nobody else is waited for');
is(record($id)->{completed_by}, 'bulk', '... and it is his');

# --- what is no submission ----------------------------------------------------------

$id = Gatepost::Spool::put($site, data => $mail, tenant => 'nobody');
drain(65);
is(Gatepost::Spool::place($site, $id), 'failed', 'what is none, failed');
my $status = $site->json('status');
is($status->{submissions}{count}, 0, 'status: nothing waits');
like($status->{drain}, qr/^20/, '... and when drain came to its end');

done_testing;
