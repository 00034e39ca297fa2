#!/usr/bin/perl
#
# 350-lists-life.t -- how often an entry was met and decided, its end by
# expires= and unused=, what sweep takes out and whom it tells, the brake

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(time sleep);

my $rcpt = 'jane@example.org';
my $site = Gatepost::Test->new(
    lists => { example => <<'EOT' },
block envelope both.example
block envelope x@both.example
observe envelope watched.example
block envelope mine.example
EOT
    tenant => { admins => ['Postmaster@Example.org'] },
    config => { internal_networks => ['192.0.2.0/24'],
	release => { smtp => '127.0.0.1:@RELEASE_PORT@' } });
my $managed = $site->state_dir . '/lists/example.list';
$site->start;

sub at {
	return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0]));
}

sub mail {
	my ($from, @more) = @_;

	return $site->milter_message(from => $from, rcpt => $rcpt,
	    client => '198.51.100.7', @more);
}

sub verdict { return mail($_[0])->{verdict} }

# The entry of that VALUE as list show has it.
sub entry {
	my ($value, @more) = @_;
	my $list = $site->json('list', 'show', @more);

	return (grep { $_->{value} eq $value } @{$list->{entries}})[0];
}

sub met {
	my ($value, $hits) = @_;

	Gatepost::Test::wait_for(10, sub {
		(entry($value) || { hits => -1 })->{hits} == $hits
	});
	return entry($value);
}

sub add {
	my $run = $site->gatepost('list', 'add', @_);

	is($run->{code}, 0, "list add @_") or diag($run->{err});
}

# --- counts -----------------------------------------------------------------

my $before = time;
mail('a@mine.example', rcpt => [$rcpt, 'joe@example.org']) for 1 .. 3;
my $mine = met('mine.example', 3);
is($mine->{hits}, 3, 'a message counts once, however many its recipients');
is($mine->{decisions}, 3, '... and the entry changed each outcome');
ok($mine->{$_} ge strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $before) &&
    $mine->{$_} le at(1), "... $_ is a time of now")
    for qw(first_used last_used last_decided);
mail('x@both.example');
my $one = met('x@both.example', 1);
my $other = met('both.example', 1);
is_deeply([@{$one}{qw(hits decisions)}, @{$other}{qw(hits decisions)}],
    [1, 0, 1, 0], 'of two entries neither alone changed the outcome');
is($one->{last_decided}, undef, '... so neither has a time for that');
is(entry('watched.example', '--observed'), undef,
    'an observe entry that met nothing is not in --observed');
is(verdict('x@watched.example'), 'continue', 'an observe entry lets pass');
my $watched = met('watched.example', 1);
is_deeply([@{$watched}{qw(hits decisions)}], [1, 0], '... and counts');
is_deeply([map { $_->{value} }
    @{$site->json('list', 'show', '--observed')->{entries}}],
    ['watched.example'], '... and --observed shows it alone');
like($site->gatepost('list', 'show')->{out},
    qr/block envelope mine\.example\s+3\s+\d{4}-\d\d-\d\d/,
    'the table has hits and last use');
mail('a@mine.example');
$site->stop;
is(entry('mine.example')->{hits}, 4, 'a clean stop loses no count');
$site->start;

# --- the end: expires= ------------------------------------------------------

add(qw(block envelope keep.example expires=+90d));
add(qw(block envelope soon.example), 'expires=' . at(4), 'note=for "good"');
add(qw(block envelope week.example expires=+6d));
my $expiring = $site->json('list', 'expiring');
is_deeply([map { "$_->{value} $_->{why}" } @{$expiring->{entries}}],
    ['soon.example expired', 'week.example expired'],
    'list expiring has what ends within 7 days, the first first');
is_deeply([map { $_->{value} } @{$site->json('list', 'expiring', '--within',
    '1h')->{entries}}], ['soon.example'], '... or within a span');
ok(Gatepost::Test::wait_for(3, sub { verdict('x@soon.example') eq
    'discard' }), 'it acts until then');
my $held = mail('x@soon.example');
ok(Gatepost::Test::wait_for(8, sub { verdict('x@soon.example') eq
    'continue' }), '... and not beyond, without any sweep');
my $text = Gatepost::Test::read_file($managed);
my $sweep = $site->gatepost('sweep');
is($sweep->{code}, 74, 'sweep cannot mail without an MTA: exit 74')
    or diag($sweep->{err});
(my $rest = $text) =~ s/^block envelope soon.*\n//m;
is(Gatepost::Test::read_file($managed), $rest,
    '... but takes the expired line out, and nothing else');
my ($record) = @{$site->json('trace', '--envelope',
    'x@soon.example')->{records}};
like($site->gatepost('why', $record->{id})->{out},
    qr/gone since \d{4}-\S+: expired by sweep/,
    'why still names the entry, and says what became of it');
is($site->gatepost('list', 'remove', qw(block envelope keep.example))->{code},
    0, 'list remove');
add(qw(block envelope keep.example expires=+90d));

# What has ended and was not swept yet gives way to the same anew.
add(qw(block envelope again.example), 'expires=2026-01-01T00:00:00Z');
my $again = $site->gatepost(qw(list add block envelope again.example
    expires=+1d));
is($again->{code}, 0, 'an entry that has ended is added anew')
    or diag($again->{err});
like($again->{out}, qr/^replaces one that had ended: block envelope again/m,
    '... which is said');
is(scalar(() = Gatepost::Test::read_file($managed) =~ /again\.example/g), 1,
    '... and stands there once');
$again = $site->gatepost(qw(list add block envelope again.example));
is($again->{code}, 65, 'one that acts is not');
like($again->{err}, qr/there already: \Q$managed\E:\d+: block envelope again\.example expires=.*; to give it other options, list remove it first/,
    '... and it is said how it ends, and what to do');

# Two of one value: neither goes by chance.
add(qw(block envelope two.example), $_) for 'for=jane@example.org',
    'for=joe@example.org';
my $two = $site->gatepost(qw(list remove block envelope two.example));
is($two->{code}, 64, 'of several entries none is taken out by its value');
my ($one_of) = $two->{err} =~ /by its key: (\w{13}) \(block envelope two/;
ok($one_of, '... and their keys are said');
is($site->gatepost('list', 'remove', $one_of)->{code}, 0,
    '... by which one is');
is($site->gatepost(qw(list remove block envelope two.example))->{code}, 0,
    'the only one left is');
is($site->gatepost(qw(list remove block envelope again.example))->{code}, 0,
    'as any other');
like($site->gatepost(qw(list add block envelope two.example
    for=x@elsewhere.example))->{err}, qr/warning: for=x\@elsewhere\.example is in no domain of tenant example/,
    'for= of a stranger is warned of');
is($site->gatepost(qw(list remove block envelope two.example))->{code}, 0,
    '... and taken out');

# --- the notice -------------------------------------------------------------

SKIP: {
	skip('Postfix needs root', 7) if $> != 0;
	skip('no Postfix', 7) unless
	    defined Gatepost::Test::installed('postfix');
	$site->postfix_start;
	$sweep = $site->gatepost('sweep');
	is($sweep->{code}, 0, 'sweep with an MTA') or diag($sweep->{err});
	unlike($sweep->{err}, qr/notice-failed/, '... has nothing left to tell');
	my @box = $site->wait_mailbox('postmaster@example.org', 1);
	is(scalar @box, 1, 'the admin gets one mail');
	like($box[0], qr/^Subject: 1 list entry of example ends soon$/mi,
	    '... that says so');
	like($box[0], qr/^Auto-Submitted: auto-generated/mi,
	    '... marked as automatic');
	like($box[0], qr/block envelope week\.example.*\n.*expires, \Q$managed\E:\d+/,
	    '... with the entry and where it stands');
	$site->gatepost('sweep');
	sleep(1);
	is(scalar @{[$site->mailbox('postmaster@example.org')]}, 1,
	    '... and is told once');
	$site->postfix_stop;
}

# --- the end: unused= -------------------------------------------------------

add(qw(block envelope used.example unused=4s));
add(qw(block envelope idle.example unused=4s));
$site->write_list(example => "block envelope mine.example\n" .
    "block envelope theirs.example unused=4s added=" . at(0) . "\n");
my $until = time + 6;
my $acted = 0;
while (time < $until) {
	$acted++ if verdict('x@used.example') eq 'discard';
	sleep(0.5);
}
cmp_ok($acted, '>', 8, 'an entry that is used acts on');
$sweep = $site->gatepost('sweep');
like($sweep->{out}, qr/example\.list:2: was not used for long enough.*theirs/,
    'sweep reports the operator\'s line that was not used');
$text = Gatepost::Test::read_file($managed);
unlike($text, qr/idle\.example/, '... takes the managed one out');
like($text, qr/used\.example/, '... and leaves the one in use');
like(Gatepost::Test::read_file($site->dir . '/lists/example.list'),
    qr/theirs/, 'an operator\'s file is not edited');
ok(Gatepost::Test::wait_for(5, sub { verdict('x@theirs.example') eq
    'continue' }), '... yet its unused entry acts no more');
is(verdict('x@mine.example'), 'discard', '... and the others do');

# --- the brake --------------------------------------------------------------

Gatepost::Test::write_file($managed, Gatepost::Test::read_file($managed) .
    "block envelope robot.example by=verdict\n" .
    "block envelope person.example by=jane\n");
chown((stat $site->state_dir)[4, 5], $managed) if $> == 0;
ok(Gatepost::Test::wait_for(5, sub {
	verdict('x@person.example') eq 'discard'
}), 'an entry of each is in force');
my $key = entry('robot.example')->{key};
foreach my $who (qw(robot person)) {
	$site->driver('--messages', 60, '--from', "x\@$who.example", '--rcpt',
	    $rcpt, '--client', '198.51.100.7');
}
ok($site->wait_log(qr/entry-braked entry=\Q$key\E tenant=example held=5\d/,
    10), 'an entry that no person wrote is braked');
ok(Gatepost::Test::wait_for(5, sub { verdict('x@robot.example') eq
    'continue' }), '... and only observes');
ok(entry('robot.example')->{braked}, '... list show says so');
ok($site->wait_log(qr/entry-holds-much .*person\.example.*acts on/, 5),
    'a person\'s entry is told');
is(verdict('x@person.example'), 'discard', '... and acts on');
$site->stop;
$site->start;
is(verdict('x@robot.example'), 'continue', 'a restart forgets no brake');
is($site->gatepost('list', 'unbrake', 'nonsense')->{code}, 66,
    'unbrake of what is not braked: exit 66');
is($site->gatepost('list', 'unbrake', $key)->{code}, 0, 'list unbrake');
ok(Gatepost::Test::wait_for(5, sub { verdict('x@robot.example') eq
    'discard' }), '... it acts again');

$site->stop;
is(scalar($site->strays), 0, 'nothing is left');
done_testing;
