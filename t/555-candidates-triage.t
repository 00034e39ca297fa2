#!/usr/bin/perl
#
# 555-candidates-triage.t -- suspected messages in groups, the most suspect
# first; so many a day; dismissed, submitted, each in its tenant

use strict;
use warnings;

use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $results = 'Authentication-Results: auth.example;';
my %candidates = (daily => 3);
my $site = Gatepost::Test->new(config => { authentication => 'upstream',
    upstreams => [ { name => 'auth', authserv_id => 'auth.example',
    strips => \1 } ], tenants => [
	{ name => 'example', domains => ['example.org'],
	    candidates => \%candidates, lists => ['@DIR@/lists/a.list'] },
	{ name => 'other', domains => ['other.example'],
	    lists => ['@DIR@/lists/b.list'] } ] },
    lists => { a => '', b => '' });
my ($jane, $max) = ('jane@example.org', 'max@other.example');

$site->start;

# A message that is suspected for SCORE: 11 for what nothing proves, 6 more
# for replies that go elsewhere, 10 more for an odd From.
my $count = 0;
sub post {
	my ($score, %args) = @_;
	my $domain = $args{domain} // "d" . ++$count . ".example";
	my $name = $score >= 21 ? 'Bank, Inc' : 'Ann';

	return $site->milter_message(from => "a\@$domain",
	    client => '203.0.113.9', rcpt => $args{rcpt} // [$jane],
	    data => "$results dmarc=" . ($args{dmarc} // 'fail') .
	    " header.from=$domain\n" .
	    "From: $name <a\@$domain>\n" .
	    ($score % 10 == 7 ? "Reply-To: b\@elsewhere.example\n" : '') .
	    "Subject: " . ($args{subject} // "subject $count") .
	    "\nMessage-ID: <" . ++$count . "\@x>\n\n" .
	    ($args{text} // "text $count\n"));
}

sub items {
	return $site->json('candidate', 'list', @_)->{items};
}

# What is listed, as "SCORE xCOUNT SUBJECT", once as many as that are.
sub listed {
	my ($wanted, @args) = @_;
	my @is;

	Gatepost::Test::wait_for(5, sub {
		@is = map { "$_->{score} x$_->{count} $_->{subject}" }
		    @{items(@args)};
		return join('|', @is) eq join('|', @$wanted) });
	return \@is;
}

sub spooled { return -e $site->state_dir . "/spool/candidates/$_[0]/$_[1].eml" }

# --- groups, and their order ------------------------------------------------------

post(11, subject => 'first');
post(27, subject => 'worst');
post(11, subject => 'Invoice 17', domain => 'kin.example');
post(17, subject => 'INVOICE 18', domain => 'kin.example');
my @three = ('27 x1 worst', '17 x2 INVOICE 18', '11 x1 first');
is_deeply(listed(\@three), \@three, 'the most suspect first; those of one ' .
    'domain and subject, but for numbers, are one row');
my @each = ('27 x1 worst', '17 x1 INVOICE 18', '11 x1 Invoice 17',
    '11 x1 first');
is_deeply(listed(\@each, '--each'), \@each, '... or each by itself');
post(11, subject => 'Invoice 19', domain => 'kin.example');
post(11, subject => 'Invoice 20', domain => 'kin.example');
@three = ('27 x1 worst', '17 x4 INVOICE 18', '11 x1 first');
is_deeply(listed(\@three), \@three, 'four of a making are counted');
is(scalar(() = glob($site->state_dir . '/spool/candidates/new/*.eml')), 5,
    '... and three of them kept');
post(11, subject => 'other words', text => "other text\n");

# --- so many a day -----------------------------------------------------------------

is_deeply(listed(['11 x1 other words'], '--state', 'beyond'),
    ['11 x1 other words'], 'a full day takes none that is no worse');
post(17, subject => 'worse');
@three = ('27 x1 worst', '17 x1 worse', '17 x4 INVOICE 18');
is_deeply(listed(\@three), \@three, '... and a worse one for the least');
my ($first) = grep { $_->{subject} eq 'first' }
    @{items('--state', 'beyond')};
ok($first, '... which is beyond');
ok(!spooled('new', $first->{id}), '... and whose copy is gone');

# --- what is done with them -----------------------------------------------------------

my ($worst, $worse, $kin) = map { $_->{id} } @{items()};
like($site->gatepost('candidate', 'show', $kin)->{out},
    qr/score 17, new:.*reply-to: .*unproven-from: .*candidate submit $kin/s,
    'show tells the rules, and what can be done');
my $run = $site->gatepost('candidate', 'dismiss', $kin);
is($run->{code}, 0, 'a group is dismissed') or diag($run->{err});
like($run->{out}, qr/4 in all/, '... all of it');
is(scalar(@{items('--state', 'dismissed', '--each')}), 4, '... as it says');
ok(!spooled('new', $kin), '... with its copies');
post(27, subject => 'new one');
is_deeply(listed(['27 x1 new one', '27 x1 worst']),
    ['27 x1 new one', '27 x1 worst'],
    'what was dealt with still counts for the day: the least makes room');
$run = $site->gatepost('--json', 'candidate', 'submit', $worst, '--as',
    'phish', '--block', 'sender');
is($run->{code}, 0, 'one is submitted') or diag($run->{err});
my $one = decode_json($run->{out});
is("$one->{source} $one->{message} $one->{status}",
    "candidate $worst pending", '... from the candidates');
is(scalar(@{$one->{entries}}), 1, '... and its sender blocked');
ok(spooled('done', $worst), '... and it is dealt with');
is_deeply([map { "$_->{id} $_->{by}" } @{items('--state', 'submitted')}],
    ["$worst root"], '... by whom the list says');
is($site->gatepost('candidate', 'submit', $first->{id} =~ tr/0-9/1-90/r,
    '--as', 'phish')->{code}, 66, 'what is no candidate is not submitted');

# --- tenants ----------------------------------------------------------------------------

post(27, subject => 'both', rcpt => [$jane, $max], domain => 'both.example');
is_deeply(listed(['27 x1 both'], '--tenant', 'other'), ['27 x1 both'],
    'a message to two tenants is a candidate of each');
my ($both) = @{items('--tenant', 'other')};
is("$both->{rcpt}", $max, '... by its own recipients');
$site->gatepost('candidate', 'dismiss', $both->{id}, '--tenant', 'example');
is_deeply(listed(['27 x1 both'], '--tenant', 'other'), ['27 x1 both'],
    'dismissed by one it stays the other\'s');
ok(spooled('new', $both->{id}), '... with its copy');
$site->gatepost('candidate', 'dismiss', $both->{id}, '--tenant', 'other');
ok(!spooled('new', $both->{id}), '... until that one has done, too');

# --- who forges the sender of what was dismissed ------------------------------------------

post(27, subject => 'Statement', domain => 'shop.example', dmarc => 'pass',
    rcpt => [$max]) foreach 1 .. 4;
is_deeply(listed(['16 x4 Statement'], '--tenant', 'other'),
    ['16 x4 Statement'], 'candidates whose sender is proven');
$site->gatepost('candidate', 'dismiss', items('--tenant', 'other')->[0]{id},
    '--tenant', 'other');
post(27, subject => 'Statement', domain => 'shop.example', rcpt => [$max]);
is_deeply(listed(['27 x1 Statement'], '--tenant', 'other'),
    ['27 x1 Statement'],
    '... dismissed they do not hide the same of one who proves nothing');

# --- a new block that matches past mail ----------------------------------------------------

# Nothing suspects it when it comes.
sub plain {
	my ($from, @rcpts) = @_;

	$site->milter_message(from => $from, client => '203.0.113.9', rcpt =>
	    \@rcpts, data => "$results dmarc=pass header.from=late.example\n" .
	    "From: <$from>\nSubject: plain " . ++$count . "\nMessage-ID: <" .
	    ++$count . "\@x>\n\nplain $count\n");
}

plain('a@late.example', $jane);
plain('b@late.example', $max);
plain('c@fine.example', $max);
ok(Gatepost::Test::wait_for(5, sub {
	@{$site->json('trace', '--domain', 'fine.example')->{records}} }),
    'mail was delivered');
is($site->gatepost('sweep')->{code}, 0, 'sweep before the block');
is(scalar(grep { $_->{candidate} =~ /past-block/ } @{items()}), 0,
    '... finds nothing');
$site->gatepost('list', 'add', '--tenant', 'other', 'block', 'sender',
    'late.example');
# A clock that was wrong once hides nothing.
my $sqlite = Gatepost::Test::installed('sqlite3');
$site->run($sqlite, $site->state_dir . '/state.db',
    "UPDATE job SET last = last + 86400000000 WHERE name = 'sweep'")
    if $sqlite;
$run = $site->gatepost('sweep');
like($run->{out}, qr/found 1 past messages that new blocks would have held/,
    'sweep after it finds what it would have held') or diag($run->{err});
my ($past) = grep { $_->{candidate} eq 'past-block' } @{items()};
is("$past->{from} $past->{rcpt} $past->{score}", "b\@late.example $max 15",
    '... of that tenant alone');
like($site->gatepost('candidate', 'show', $past->{id})->{out},
    qr/past-block: a block that is newer/, '... and says why');
like($site->gatepost('sweep')->{out}, qr/found 0 past/,
    '... and finds it once');

$site->stop;
done_testing();
