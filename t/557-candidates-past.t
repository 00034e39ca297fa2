#!/usr/bin/perl
#
# 557-candidates-past.t -- what a look at past mail suspects takes its place
# in the day's cap: the octets of what it pushes out are dropped, unless
# another tenant suspects that, too

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $results = 'Authentication-Results: auth.example;';
my $site = Gatepost::Test->new(config => { authentication => 'upstream',
    upstreams => [ { name => 'auth', authserv_id => 'auth.example',
    strips => \1 } ], tenants => [
	(map { { name => $_, domains => ["$_.org"],
	    candidates => { daily => 1 }, evidence => { retain => 'full' } }
	} qw(alone both)),
	{ name => 'other', domains => ['other.org'] } ] });
my ($ann, $bob, $max) = ('ann@alone.org', 'bob@both.org', 'max@other.org');
my $folder = $site->state_dir . '/spool/candidates';

# Delivered to @rcpts; what nothing proves is suspected for a score of 11.
sub post {
	my ($domain, $dmarc, @rcpts) = @_;
	my @records;

	$site->milter_message(from => "a\@$domain", client => '203.0.113.9',
	    rcpt => \@rcpts, data => "$results dmarc=$dmarc " .
	    "header.from=$domain\nFrom: Ann <a\@$domain>\nSubject: of " .
	    "$domain\nMessage-ID: <1\@$domain>\n\ntext of $domain\n");
	Gatepost::Test::wait_for(10, sub {
		@records = @{$site->json('trace', '--domain',
		    $domain)->{records}};
	});
	return $records[0]{id};
}

# In which folders of the spool it lies, and which files.
sub lies {
	my ($id) = @_;

	return join(' ', map { s{^\Q$folder\E/}{}r =~ s/\Q$id\E//r }
	    sort glob("$folder/*/$id.*"));
}

sub state_of {
	my ($id, $tenant) = @_;
	my %states = map { my $state = $_; map { ($_->{id} => $state) }
	    @{$site->json('candidate', 'list', '--tenant', $tenant,
		'--state', $state)->{items}} } qw(beyond new);

	return $states{$id} // 'none';
}

$site->start;
my %past = map { $_->[0] => post("late-$_->[0].example", 'pass', $_->[1]) }
    [ alone => $ann ], [ both => $bob ];
my $alone = post('one.example', 'fail', $ann);
my $both = post('two.example', 'fail', $bob, $max);
foreach my $id ($alone, $both) {
	ok(Gatepost::Test::wait_for(10, sub {
		lies($id) eq 'new/.eml new/.json' }),
	    'a suspect has its octets in the spool');
}
is(lies($past{alone}), '', 'what nothing suspects has none');

$site->gatepost('list', 'add', '--tenant', $_, 'block', 'sender',
    "late-$_.example") foreach sort keys %past;
my $run = $site->gatepost('sweep');
like($run->{out}, qr/found 2 past messages/, 'new blocks suspect past mail');
foreach my $tenant (sort keys %past) {
	is(state_of($past{$tenant}, $tenant), 'new',
	    '... as a candidate of that day');
	is(lies($past{$tenant}), 'new/.eml new/.json',
	    '... with its octets, of the evidence');
}
is(state_of($alone, 'alone'), 'beyond',
    'it pushes out one of less score, beyond the cap');
is(lies($alone), '', '... whose octets go');
is(state_of($both, 'both'), 'beyond', 'it pushes out another one');
is(state_of($both, 'other'), 'new', '... which another tenant has, too');
is(lies($both), 'new/.eml new/.json', '... so that its octets stay');
$site->stop;

done_testing();
