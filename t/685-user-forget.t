#!/usr/bin/perl
#
# 685-user-forget.t -- a person is erased from all that is kept, others are
# not, and a search from outside agrees; killed in the middle, it is finished
# by the next run

use strict;
use warnings;

use File::Find ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my ($alice, $bob, $joan) = map { "$_\@example.org" } qw(alice bob jo.alice);
my $site = Gatepost::Test->new(
    lists => { example => "block sender evil.example\n" });

# Files below state_dir that name ADDRESS, by our own look at each.
sub files_naming {
	my ($address) = @_;
	my @found;

	File::Find::find({ no_chdir => 1, wanted => sub {
		return unless -f $_;
		open(my $in, '<:raw', $_) or return;
		local $/;
		push(@found, s{^.*/state/}{}r)
		    if <$in> =~ /(?<![\w.+-])\Q$address\E(?![\w-])/i;
	} }, $site->state_dir);
	@found = sort @found;
	return @found;
}

my $count = 0;

sub post {
	my (%arg) = @_;
	my $head = $arg{head} // "From: \"A Friend\" <f\@friend.example>\n";

	$arg{client} //= '198.51.100.25';
	return $site->milter_message(%arg, data => $head .
	    "Message-ID: <" . ++$count . "\@x.example>\n\nText.\n")
	    ->{id};
}

my $evil = "From: <x\@evil.example>\nSubject: bad\n";

$site->start;
post(from => 'x@evil.example', rcpt => [ $alice ], head => $evil .
    "To: <Alice\@Example.org>\n");
post(from => 'x@evil.example', rcpt => [ $alice, $bob ], head => $evil);
post(from => 'x@evil.example', rcpt => [ $joan ], head => $evil .
    "To: $joan\n");
post(from => 'f@friend.example', rcpt => [ $alice, $bob ]);
post(from => 'f@friend.example', rcpt => [ 'Alice+news@EXAMPLE.org' ]);
post(from => $alice, rcpt => [ 'out@friend.example' ], client => '127.0.0.1',
    head => "From: \"Alice Secret\" <$alice>\nSubject: from me\n");
ok($site->wait_log(qr/out\@friend\.example/, 5), 'mail went through');
$site->gatepost('user', 'safe', $alice, 'x@shop.example', '--exact');
$site->gatepost('user', 'safe', $bob, $alice, '--exact', '--note',
    "for $alice");
$site->gatepost('user', 'safe', $bob, 'y@shop.example', '--exact');
is($site->gatepost('quarantine', 'request', '--rcpt', $alice)->{code}, 0,
    'she asks for what is held');
is($site->gatepost('quarantine', 'deny', '--rcpt', $alice, '--by', $alice,
    '--reason', "ask $alice")->{code}, 0, '... and denies it herself');
$site->stop;

cmp_ok(scalar(files_naming($alice)), '>', 2, 'she is all over the place')
    or diag(files_naming($alice));
my %before = map { ("$_->{id} $_->{rcpt}" => $_) }
    @{$site->json('quarantine', 'list')->{items}};

is(scalar(keys %before), 4, 'four copies are held');

# --- a look first ---------------------------------------------------------

my @all = files_naming($alice);
my $run = $site->gatepost('user', 'forget', $alice);

is($run->{code}, 0, 'without --yes') or diag($run->{err});
like($run->{out}, qr/^ +2  held copies/m, '... her copies are counted');
like($run->{out}, qr/^ +1  held messages/m, '... what goes with them');
like($run->{out}, qr/^ +2  safe and blocked/m, '... entries');
like($run->{out}, qr/^ +5  records/m, '... records');
like($run->{out}, qr/nothing was done/, '... and nothing is done');
is_deeply([files_naming($alice)], \@all, '... indeed');
is($site->gatepost('user', 'forget', 'alice')->{code}, 64,
    'a login is no address');
is($site->gatepost('user', 'forget')->{code}, 64, 'nor is nothing');

# --- the deed -------------------------------------------------------------

my $aside = $site->dir . '/aside';

system('cp', '-a', $site->state_dir, $aside);
$run = $site->gatepost('user', 'forget', $alice, '--yes');
is($run->{code}, 0, 'with --yes') or diag($run->{out} . $run->{err});
like($run->{out}, qr/^no trace of \Q$alice\E in \d+ files$/m,
    '... it says that nothing is left');
is("@{[files_naming($alice)]}", '', '... and nothing is');
is("@{[files_naming('alice+news@example.org')]}", '',
    '... under no extension');
is("@{[files_naming('Alice Secret')]}", '', '... nor her name');

my %after = map { ("$_->{id} $_->{rcpt}" => $_) }
    @{$site->json('quarantine', 'list')->{items}};

is(scalar(keys %after), 2, 'what is held for others is held');
is_deeply([sort map { $_->{rcpt} } values %after], [ $bob, $joan ],
    '... whose address only looks like hers, too');
foreach my $item (values %after) {
	is($site->gatepost('quarantine', 'preview', '--raw', $item->{id})
	    ->{code}, 0, "... whole: $item->{rcpt}");
}
$site->gatepost('quarantine', 'reindex');
is(scalar(@{$site->json('quarantine', 'list')->{items}}), 2,
    '... and the index agrees');
like($site->gatepost('user', 'show', $bob, '--exact')->{out},
    qr/y\@shop\.example/, 'the lists of others stay');
unlike($site->gatepost('user', 'show', $alice, '--exact')->{out},
    qr/shop/, '... hers go');
unlike($site->gatepost('trace', '--rcpt', $alice)->{out},
    qr/friend/, 'the ledger finds nothing by her address');
like($site->gatepost('trace', '--rcpt', $bob)->{out}, qr/friend/,
    '... but by others\'');
my ($bobs) = $site->gatepost('trace', '--rcpt', $bob)->{out} =~
    /(01\w{24})/;
my $why = $site->gatepost('--json', 'why', $bobs)->{out};

like($why, qr/forgotten-[0-9a-z]{13}\@forgotten\.invalid/,
    'a stand-in takes her place');
my ($other) = $why =~ /(forgotten-[0-9a-z]{13}\@forgotten\.invalid)/;
like($site->gatepost('trace', '--rcpt', $other)->{out}, qr/friend/,
    '... and can be searched for');
my ($held) = grep { $_->{rcpt} eq $bob } values %after;
my @audit = @{$site->json('quarantine', 'show', $held->{id})->{audit}};

ok((grep { $_->{what} eq 'denied' && $_->{rcpt} eq $other &&
    $_->{who} eq $other } @audit),
    'the audit log keeps the deed, but not who');
ok(!-e $site->state_dir . '/forget.due', 'the mark is gone');
is($site->json('user', 'forget', $alice, '--yes')->{records}, 0,
    'a second time finds nothing');

# What others have in keeping names her all the same: that is said.
$site->start;
post(from => 'x@evil.example', rcpt => [ $bob ], head => $evil .
    "To: $bob, $alice\n");
post(from => 'f@friend.example', rcpt => [ $alice ]);
Gatepost::Test::wait_for(5, sub {
	$site->gatepost('trace', '--rcpt', $alice)->{out} =~ /friend/ });
$run = $site->gatepost('user', 'forget', $alice, '--yes');
is($run->{code}, 1, 'while the daemon runs, mail of others that names her: '
    . 'exit 1') or diag($run->{out} . $run->{err});
like($run->{out}, qr/^ +1  records/m, '... a new record is changed');
like($run->{out}, qr/^1 traces/m, '... nothing else is left');
is($site->milter_message(from => 'f@friend.example', rcpt => [ $bob ],
    data => "From: f\@friend.example\n\nx\n")->{verdict}, 'continue',
    '... and mail goes on');
$site->stop;
like($run->{out}, qr{^  quarantine/\S+\.eml: .*held for others}m,
    '... says which');

Gatepost::Test::write_file($site->dir . '/state/lists/example.list',
    "block sender $alice\n") if mkdir($site->dir . '/state/lists') ||
    -d $site->dir . '/state/lists';
like($site->gatepost('user', 'forget', $alice, '--yes')->{out},
    qr{^  lists/example\.list: .*gatepost list find}m,
    '... so is an entry of a list');

# --- killed ---------------------------------------------------------------

SKIP: {
	my $shim = Gatepost::Test::program('crash.so');
	my $file = $site->dir . '/run/crash';
	my ($killed, @left) = (0);

	skip('the crash shim is not built', 2) unless -e $shim;
	for (my $step = 1; $step < 400; $step = int($step * 1.4) + 1) {
		system('rm', '-rf', $site->state_dir);
		system('cp', '-a', $aside, $site->state_dir);
		Gatepost::Test::write_file($file, $step);
		$site->gatepost({ env => { LD_PRELOAD => $shim,
		    GATEPOST_CRASH_FILE => $file,
		    GATEPOST_CRASH_NAME => 'gatepost',
		    ASAN_OPTIONS => 'verify_asan_link_order=0' } },
		    'user', 'forget', $alice, '--yes');
		last if -e $file;
		$killed++;
		$run = $site->gatepost('user', 'forget', $alice, '--yes');
		push(@left, "step $step: exit $run->{code} $run->{out}" .
		    $run->{err}) if $run->{code};
		push(@left, "step $step: $_") foreach files_naming($alice);
		push(@left, "step $step: items") if 2 !=
		    @{$site->json('quarantine', 'list')->{items}};
	}
	cmp_ok($killed, '>', 8, "killed at $killed places");
	is("@left", '', '... the next run finished each');
}

done_testing;
