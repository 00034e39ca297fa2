#!/usr/bin/perl
#
# 770-drain-ill.t -- analysts that are down, slow or ill: they lose nothing,
# block nobody, are left alone for a while and come back; one drain at a time

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Http;
use Gatepost::Spool;
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(sleep);

Gatepost::Test->need('faketime');
my $folder = File::Temp::tempdir(CLEANUP => 1);
my $site = Gatepost::Test->new;
my $dir = $site->dir;
my $port = Gatepost::Test::free_port();
my @web = (name => 'web', type => 'http', url => "http://127.0.0.1:$port/");

Gatepost::Test::write_file("$dir/say", "#!/bin/sh\necho spam\n");
chmod(0755, "$dir/say");
my %good = (name => 'good', type => 'command', argv => ["$dir/say"]);
$site->write_config(analysts => [{ @web }, \%good]);
$site->gatepost('status');

sub drain_at {
	my ($shift, @options) = @_;

	return $site->gatepost({ in => $shift }, '--json', 'drain', @options);
}

sub numbers {
	my ($result) = @_;

	return JSON::PP::decode_json($result->{out});
}

# --- it is down ----------------------------------------------------------------

my @ids = map { Gatepost::Spool::put($site, data => "From: a\n\n$_\n") }
    1 .. 20;
my $result = drain_at('+0s');
is($result->{code}, 75, 'one is down: later');
my $numbers = numbers($result);
is($numbers->{answered}, 20, '... the other one answers all');
is($numbers->{failed}, 3, '... and it is left alone after three');
is($numbers->{left}, 20, '... nothing is over');
like($numbers->{notes}[0], qr/^web, \w{26}: .*connect/i, '... as is said');
my $status = $site->json('status');
like($status->{'analyst web'}, qr/left alone/, 'status says so');
like("@{$status->{alerts}}", qr/analyst web failed 3 times in a row/,
    '... and alerts');
is($status->{submissions}{count}, 20, '... and counts what waits');

# While it is left alone nobody asks; then one question at a time does.
is(numbers(drain_at('+1s'))->{asked}, 0, 'nobody asks it then');
my ($probes, $at) = (0, 0);
foreach my $minutes (2, 5, 10, 20, 40, 80, 160, 300, 400, 500) {
	my $failed = numbers(drain_at("+${minutes}m"))->{failed};

	cmp_ok($failed, '<=', 1, "after $minutes minutes one question at most");
	$probes += $failed;
}
cmp_ok($probes, '>=', 5, '... but it is tried');
my $state = JSON::PP::decode_json(Gatepost::Test::read_file(
    $site->state_dir . '/drain/web.json'));
is($state->{failures}, 3 + $probes, '... and that is known to the next run');

# --- it comes back ---------------------------------------------------------------

my $http = Gatepost::Http->new(folder => "$folder/http", port => $port,
    answer => sub { return (200, '{"verdict":"spam"}') });
$numbers = numbers(drain_at('+10h'));
is($numbers->{answered}, 20, 'an hour at most, and it is asked all');
is($numbers->{completed}, 20, '... nothing was lost');
is($numbers->{left}, 0, '... or waits');
my %keys = map { $_->{headers}{'idempotency-key'} => 1 } $http->requests;
is_deeply([sort keys %keys], [sort @ids], '... each by its id');

# --- it never does -----------------------------------------------------------------

$http->stop;
unlink($site->state_dir . '/drain/web.json');
my $id = Gatepost::Spool::put($site, data => "From: a\n\nx\n");
drain_at('+0s');
is(numbers(drain_at('+80h'))->{completed}, 1, 'after three days it ends');
my $one = $site->json('submission', 'show', $id);
is($one->{result}, 'spam', '... with what the other one said');
is($one->{attempts}[0]{state}, 'given-up', '... and who was given up');
$site->write_config(analysts => [{ @web }]);
unlink($site->state_dir . '/drain/web.json');
$id = Gatepost::Spool::put($site, data => "From: a\n\nx\n");
drain_at('+0s');
drain_at('+80h');
$one = $site->json('submission', 'show', $id);
is($one->{result}, 'noResultAvailable', 'nobody took it: submit it again');
is(Gatepost::Spool::place($site, $id), 'failed', '... it lies in failed');

# --- while the clock was wrong ---------------------------------------------------

unlink($site->state_dir . '/drain/web.json');
Gatepost::Spool::put($site, data => "From: a\n\nx$_\n") foreach 1 .. 3;
is(numbers(drain_at('+2d'))->{failed}, 3, 'two days ahead it fails');
cmp_ok(numbers(drain_at('+0s'))->{asked}, '>=', 1,
    '... and is asked today all the same');
drain_at('+80h');
unlink($site->state_dir . '/drain/web.json');

# --- on one it always fails, on the others not ------------------------------------

my $picky = Gatepost::Http->new(folder => "$folder/picky", answer => sub {
	my ($request) = @_;

	return $request->{body} =~ /"subject":"poison"|"note":"poison"/ ?
	    (500, 'poisoned') : (200, '{"verdict":"clean"}');
});
$site->write_config(analysts => [{ name => 'picky', type => 'http',
    url => $picky->url }]);
Gatepost::Spool::put($site, data => "From: a\n\nx\n", note => 'poison')
    foreach 1 .. 5;
my @healthy = map { Gatepost::Spool::put($site, data => "From: a\n\n$_\n") }
    1 .. 5;
foreach my $minutes (0, 2, 5, 10, 20, 40, 80) {
	drain_at("+${minutes}m");
}
is_deeply([grep { Gatepost::Spool::place($site, $_) ne 'done' } @healthy],
    [], 'five that poison it do not hold up five that do not');
$site->gatepost('submission', 'resolve', $_->{id}, 'unknown')
    foreach @{$site->json('submission', 'list', '--status',
    'pending')->{submissions}};

# --- rates -------------------------------------------------------------------------

$site->write_config(analysts => [{ %good, rate => 3 }]);
unlink($site->state_dir . '/drain/good.json');
Gatepost::Spool::put($site, data => "From: a\n\nx\n") foreach 1 .. 8;
is(numbers(drain_at('+0s'))->{asked}, 3, 'three a minute');
is(numbers(drain_at('+1s'))->{asked}, 0, '... not more in the same');
is(numbers(drain_at('+2m'))->{asked}, 3, '... three in the next');
is(numbers(drain_at('+4m'))->{asked}, 2, '... and the rest');

# --- one at a time, and no slow one holds up another ---------------------------------

Gatepost::Test::write_file("$dir/wait", "#!/bin/sh\ntouch $dir/run/begun\n" .
    "while ! test -e $dir/run/go; do sleep 0.05; done\necho spam\n");
chmod(0755, "$dir/wait");
$site->write_config(combine => 'first', analysts => [
    { name => 'slow', type => 'command', argv => ["$dir/wait"] }, \%good]);
@ids = map { Gatepost::Spool::put($site, data => "From: a\n\n$_\n") } 1 .. 5;
$site->spawn('drain', Gatepost::Test::program('gatepost'), '-c',
    $site->config_file, 'drain');
ok(Gatepost::Test::wait_for(20, sub { -e "$dir/run/begun" }),
    'a slow analyst works');
ok(Gatepost::Test::wait_for(20, sub {
	!grep { Gatepost::Spool::place($site, $_) ne 'done' } @ids }),
    '... the quick one is done with all meanwhile');
$result = $site->gatepost('drain');
is($result->{code}, 75, 'a second drain ends at once');
like($result->{err}, qr/another one is at work/, '... and says why');
is($site->gatepost('drain', '--analyst', 'nobody')->{code}, 64,
    'an analyst that there is not');
Gatepost::Test::write_file("$dir/run/go", '');
ok(Gatepost::Test::wait_for(30, sub { !$site->running('drain') }),
    'the first one ends');
done_testing;
