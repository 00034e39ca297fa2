#!/usr/bin/perl
#
# 760-drain-crash.t -- drain is killed 300 times while others write: nothing
# is lost, each is settled, and what is asked twice bears the same id

use strict;
use warnings;

use FindBin;
use IO::Handle;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Gatepost::Http;
use Gatepost::Spool;
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my ($kills, $most) = (300, 2000);
my $folder = File::Temp::tempdir(CLEANUP => 1);
my $http = Gatepost::Http->new(folder => "$folder/http",
    answer => sub { return (200, '{"verdict":"spam"}') });
my $site = Gatepost::Test->new(config => { analysts => [
    { name => 'web', type => 'http', url => $http->url . '/' },
    { name => 'two', type => 'http', url => $http->url . '/two' } ] });
my @drain = (Gatepost::Test::program('gatepost'), '-c', $site->config_file,
    'drain');

$site->gatepost('status');
srand($ENV{GATEPOST_SEED} // 760);

# --- a writer, as long as drains are killed -------------------------------------

# It names each before it writes it, and ends when it is told to.
my $writer = fork() // die "fork: $!\n";
if ($writer == 0) {
	open(my $names, '>>', "$folder/ids") or POSIX::_exit(1);
	$names->autoflush(1);
	for (my $i = 0; $i < $most && !-e "$folder/stop"; $i++) {
		my $id = Gatepost::Spool::id();

		print $names "$id\n";
		Gatepost::Spool::put($site, id => $id, data =>
		    "From: a\@b.example\n\n$id\n");
		sleep(0.02);
	}
	POSIX::_exit(0);
}

my ($killed, $ended) = (0, 0);
while ($killed < $kills) {
	my $pid = fork() // die "fork: $!\n";

	if ($pid == 0) {
		open(STDOUT, '>', "$folder/out");
		open(STDERR, '>', "$folder/err");
		exec { $drain[0] } @drain or POSIX::_exit(127);
	}
	sleep(0.01 + rand(0.08));
	kill('KILL', $pid);
	waitpid($pid, 0);
	$? & 127 ? $killed++ : $ended++;
	last if $ended > 20 * $kills;
}
is($killed, $kills, "$kills drains were killed");
diag("$ended came to their end before");
Gatepost::Test::write_file("$folder/stop", '');
waitpid($writer, 0);
is($?, 0, 'all was written');
my @ids = split(/\n/, Gatepost::Test::read_file("$folder/ids"));
my $items = @ids;
cmp_ok($items, '>', $kills, '... and it was much');

# --- then they are left alone ----------------------------------------------------

my $result = $site->gatepost('drain');
is($result->{code}, 0, 'a drain that is left alone ends well')
    or diag($result->{err});
my %asked;
foreach my $request ($http->requests) {
	$asked{$request->{headers}{'idempotency-key'}}{$request->{path}}++;
}
my (@lost, @unasked, @open, @twice);
foreach my $id (@ids) {
	my $place = Gatepost::Spool::place($site, $id);

	push(@lost, "$id $place") if $place ne 'done';
	push(@unasked, $id) unless keys %{$asked{$id} // {}} == 2;
}
my %listed = map { $_->{id} => $_ } @{$site->json('submission', 'list',
    '--most', 0)->{submissions}};
@open = grep { ($listed{$_}{result} // '') ne 'spam' ||
    grep({ $_->{state} ne 'answered' } @{$listed{$_}{attempts}}) } @ids;
is("@lost", '', 'each item lies whole in done');
is("@unasked", '', '... each analyst was asked about it');
is("@open", '', '... answered, and that is its result');
is(scalar(keys %listed), $items, 'there is one record of each');
is_deeply([grep { !$listed{$_} } keys %asked], [],
    'what was asked twice bore the same id');
my $questions = 0;
$questions += $_ foreach map { values %$_ } values %asked;
diag("$questions questions on $items items to two analysts");
cmp_ok($questions, '<=', 2 * ($items + $kills),
    'no more than one more to each for a kill');
is(scalar(glob($site->state_dir . '/spool/submissions/new/*') // ''), '',
    'nothing is left in new');

# --- a crash between the two renames of a move ------------------------------------

sub split_up {
	my ($id) = @_;
	my $spool = $site->state_dir . '/spool/submissions';

	rename("$spool/new/$id.json", "$spool/claimed/$id.json") or
	    die "rename: $!\n";
	utime(time - 86400, time - 86400, "$spool/new/$id.eml");
}

my $id = Gatepost::Spool::put($site, data => "From: a\n\nx\n");
split_up($id);
is($site->gatepost('drain')->{code}, 0, 'octets that a move left behind');
is(Gatepost::Spool::place($site, $id), 'done', '... are brought after it');
$id = Gatepost::Spool::put($site, data => "From: a\n\nx\n");
split_up($id);
SKIP: {
	skip('faketime is not installed', 1)
	    unless Gatepost::Test::installed('faketime');
	$site->gatepost({ in => '+2d' }, 'sweep');
	is(Gatepost::Spool::place($site, $id), 'claimed',
	    '... by sweep, too, which once removed them');
}
$id = Gatepost::Spool::put($site, data => "From: a\n\nx\n");
unlink($site->state_dir . "/spool/submissions/new/$id.eml");
$result = $site->gatepost('drain');
is($result->{code}, 65, 'an item without octets');
like($result->{err}, qr/no ID\.eml/, '... is said');
is($site->gatepost('drain')->{code}, 0, '... once');
done_testing;
