#!/usr/bin/perl
#
# 790-provisional.t -- several users report mail of one sender: it is filed as
# junk for some hours, unless a veto stands, until an admin has looked

use strict;
use warnings;

use FindBin;
use JSON::PP;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my $results = 'Authentication-Results: auth.example;';
my @users = map { "$_\@example.org" } qw(alice bob carol dave);
my $site = Gatepost::Test->new;
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
my %tenant = (name => 'example', domains => ['example.org'],
    lists => ['@DIR@/lists/example.list'], admins => ['chief@example.org'],
    protected_domains => ['partner.example'],
    provisional => { reporters => 3, hours => 6, kinds => ['sender', 'url'] });

sub configure {
	$site->write_config(authentication => 'upstream', upstreams => [ {
	    name => 'auth', authserv_id => 'auth.example', strips => \1 } ],
	    release => { smtp => $sink->place }, tenants => [\%tenant]);
}

Gatepost::Test::write_file($site->dir . '/lists/example.list',
    "allow sender friend.example\n");
configure();
$site->start;

my $count = 0;

# A message to all users, as they then have it.
sub post {
	my ($from, %args) = @_;
	my $n = ++$count;
	my ($domain) = $from =~ /@(.*)/;
	my $head = "From: Ann <$from>\nTo: all\@example.org\nSubject: n$n\n" .
	    "Message-ID: <$n\@x>\n" . ($args{header} // '');
	my $text = $args{text} // "hello $n\n";

	$site->milter_message(from => $from, rcpt => [@users],
	    client => '198.51.100.7', data => "$results dmarc=" .
	    ($args{dmarc} // 'pass') . " header.from=$domain\n$head\n$text");
	Gatepost::Test::wait_for(5, sub {
		@{$site->json('trace', '--from', $from)->{records}} });
	return "$head\n$text";
}

sub report {
	my ($text, $user, $as) = @_;
	my $run = $site->run({ stdin => $text },
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    'report', 'add', '--as', $as // 'phish', '--user', $user);

	diag($run->{err}) if $run->{code};
}

sub blocks {
	return [sort map { "$_->{action} $_->{kind} $_->{value}" .
	    ($_->{source} ? " $_->{source}" : '') } grep {
	    ($_->{options}{by} // '') eq 'provisional' }
	    @{$site->json('list', 'show')->{entries}}];
}

sub action {
	my ($from) = @_;
	my $before = @{$site->json('trace', '--from', $from)->{records}};

	post($from);
	return $site->json('trace', '--from', $from, '--most',
	    1)->{records}[0]{decisions}[0]{action};
}

# --- one, two, three ----------------------------------------------------------------

my $bad = post('a@bad.example', text =>
    "https://phish.example/login/a https://docs.google.com/x/y " .
    "https://bad.example/\n");
report($bad, $users[0]) for 1 .. 3;
is_deeply(blocks(), [], 'one user is one, however often he reports');
report($bad, $users[1], 'junk');
is_deeply(blocks(), [], 'two are not enough');
like($site->run({ stdin => $bad }, Gatepost::Test::program('gatepost'), '-c',
    $site->config_file, 'report', 'add', '--as', 'phish', '--user',
    'stranger@else.example')->{err}, qr/nobody knows whose mailbox/,
    'a stranger cannot report');
is_deeply(blocks(), [], '... and does not count');
report($bad, $users[2]);
is_deeply(blocks(), ['block sender a@bad.example',
    'block url phish.example/login/a'],
    'three are: the sender, and links but for hosts and what all share');
my ($entry) = grep { ($_->{options}{by} // '') eq 'provisional' }
    @{$site->json('list', 'show')->{entries}};
is($entry->{options}{action}, 'junk', '... which only files as junk');
ok($entry->{options}{expires}, '... and ends by itself');
ok(Gatepost::Test::wait_for(5, sub { action('a@bad.example') eq 'junk' }),
    'the next such message is junk');
my ($mail) = grep { /^Subject: A sender/m } map { $_->{data} } $sink->mails;
like($mail, qr/^Subject: A sender is blocked provisionally\r$/m,
    'the admins are told');
my ($id) = $mail =~ /^  gatepost report show (\w{26})\r?$/m;
ok($id, '... with what to do');
is($site->gatepost('report', 'mark', $id, 'clean')->{code}, 0,
    'an admin says that it is no threat');
is_deeply(blocks(), [], '... and the blocks are gone');
report($bad, $users[3]);
is_deeply(blocks(), [], '... for good');

# --- confirmed ------------------------------------------------------------------------

my $worse = post('w@worse.example', dmarc => 'fail', text => "hi\n");
report($worse, $_) foreach @users[0 .. 2];
is_deeply(blocks(), ['block spoof worse.example client.example'],
    'a sender that nothing proves is blocked as a pair');
my ($group) = grep { $_->{from} eq 'w@worse.example' }
    @{$site->json('report', 'list')->{items}};
$site->gatepost('report', 'mark', $group->{id}, 'phish', '--no-notice');
is_deeply(blocks(), [], 'a threat is no longer provisional');
($entry) = grep { $_->{kind} eq 'spoof' }
    @{$site->json('list', 'show')->{entries}};
is($entry->{options}{by}, 'root', '... but the admin\'s');
ok($entry->{options}{expires} gt POSIX::strftime('%Y-%m-%d',
    gmtime(time + 25 * 86400)), '... for 30 days');

# --- vetoes ------------------------------------------------------------------------------

my @vetoed = (
	['our own domain', 'boss@example.org', dmarc => 'fail'],
	['a protected domain', 'a@partner.example'],
	['a mailing list', 'l@lists.example', header => "List-Id: <l.x>\n"],
	['what an allow lets in', 'f@friend.example'],
);
foreach my $case (@vetoed) {
	my ($what, $from, %args) = @$case;
	my $text = post($from, %args);

	report($text, $_) foreach @users[0 .. 2];
	is_deeply(blocks(), [], "$what is not blocked");
	my ($row) = grep { $_->{from} eq $from }
	    @{$site->json('report', 'list')->{items}};
	is($row->{count}, 3, '... though three reported it');
}
SKIP: {
	my $sqlite = Gatepost::Test::installed('sqlite3');

	skip('sqlite3 is not installed', 1) unless $sqlite;
	is($site->run($sqlite, $site->state_dir . '/state.db', "SELECT " .
	    "COUNT(*) FROM audit WHERE what = 'provisional-vetoed'")->{out},
	    scalar(@vetoed) . "\n", '... which the audit log tells');
}

# --- off, and wrong --------------------------------------------------------------------------

delete $tenant{provisional};
configure();
$site->reload;
my $off = post('o@off.example');
report($off, $_) foreach @users;
is_deeply(blocks(), [], 'off by default');
$tenant{provisional} = { reporters => 1 };
configure();
like($site->gatepost('check')->{err} . $site->gatepost('check')->{out},
    qr/one reporter alone never blocks/, 'one alone never blocks');

$sink->stop;
$site->stop;
done_testing();
