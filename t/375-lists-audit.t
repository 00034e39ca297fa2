#!/usr/bin/perl
#
# 375-lists-audit.t -- list audit finds what is odd about entries, and says
# what to do in a line that a shell can run

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use POSIX qw(strftime);
use Test::More;

my $sha = 'ab' x 32;
my @days = map { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - $_ * 86400)) }
    0, 100, 10;

# Lines, and what an audit finds of each: "audit audit ..." behind "=>".
my @lines = (
	# the same value, allowed and blocked
	'allow sender both.example expires=+9d added=NOW => contradictory',
	'block sender both.example',
	'allow sender user.example for=a@example.org expires=+9d added=NOW',
	'block sender user.example for=b@example.org',
	'allow url both.test expires=+9d added=NOW => contradictory',
	'block url both.test',
	# no proof
	'allow sender open.example proof=none => unproven endless',
	'allow sender fine.example unused=45d added=NOW',
	# wide
	'block sender *.zip wide=yes => wide',
	'block sender pages.dev => wide',
	'block ip 10.0.0.0/7 => wide',
	'block ip 12.0.0.0/8',
	'block spoof * 8.0.0.0/5 => wide',
	'block filename *.* wide=yes => wide',
	'block sender /.*/ => wide',
	# ended
	'block sender old.example expires=2026-01-01 => expired',
	# twice
	'block envelope twice.example',
	'block envelope twice.example note=again => duplicate',
	# in the shadow of a wider one
	'block sender *.shadow.example',
	'block sender shadow.example => shadowed',
	'block sender a@shadow.example => shadowed',
	'block sender *.deep.shadow.example => shadowed',
	'block sender lasts.shadow.example action=reject',
	'observe sender seen.shadow.example',
	'allow sender good.shadow.example expires=+9d added=NOW',
	'block sender x@good.shadow.example',
	'block sender out.shadow.example direction=out',
	'block sender for.shadow.example for=a@example.org => shadowed',
	'block ip 198.51.100.0/24',
	'block ip 198.51.100.7 => shadowed',
	'block ip 2001:db8::/32',
	'block ip 2001:db8:7::/48 => shadowed',
	'block url shadow.test',
	'block url www.shadow.test => shadowed',
	'block url shadow.test/login => shadowed',
	'block url ~shadow.test => shadowed',
	'block url www.shadow.test/a/* => shadowed',
	'block url free.test/a/*',
	'block url free.test/a/b => shadowed',
	'block url free.test/c',
	'block url free.test/c?d=e => shadowed',
	'block url ~free.test',
	'block url ~www.free.test => shadowed',
	'block url ~round.test~ => shadowed',
	'block url round.test',
	'block url ~www.round.test => shadowed',
	'block url round.test/x => shadowed',
	'block spoof shadow.example *',
	'block spoof a@shadow.example 192.0.2.7 => shadowed',
	'block spoof other.example mailer.example',
	'block spoof other.example mx.mailer.example => shadowed',
	'block spoof third.example mx.mailer.example',
	'block sender *.brief.example expires=+5d added=NOW',
	'block sender a.brief.example',
	'block sender b.brief.example expires=+4d added=NOW => shadowed',
	# for ever
	'allow envelope ever.example => endless',
	"allow file $sha => endless",
);

my (@entries, @wanted);
foreach my $line (@lines) {
	my ($entry, $audits) = split / => /, $line;

	$entry =~ s/NOW/$days[0]/;
	push @entries, $entry;
	push @wanted, $audits || '';
}
my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = ' .
	'"auth.local"; strips = true; } );',
    lists => { example => \@entries });
my $path = $site->dir . '/lists/example.list';

# What each line of the list was found to be.
sub findings {
	my (@how) = @_;
	my $audit = $site->json('list', 'audit', @how);
	my %found;

	push @{$found{$_->{entry}{line}}}, $_->{audit}
	    foreach @{$audit->{findings}};
	return map { join(' ', @{$found{$_} || []}) } 1 .. @entries;
}

my @found = findings();
is($found[$_], $wanted[$_], "$entries[$_]: " . ($wanted[$_] || 'nothing'))
    foreach 0 .. $#entries;

my $audit = $site->json('list', 'audit');
my %sum;
$sum{$_->{audit}}++ foreach @{$audit->{findings}};
is_deeply({ map { $_ => $audit->{counts}{$_} } keys %sum }, \%sum,
    'counts are those of the findings');
is($audit->{entries}, scalar @entries, '... of all entries');
like($_->{severity}, qr/^(?:warning|notice|info)$/, "$_->{audit} has weight")
    foreach values %{{ map { $_->{audit} => $_ } @{$audit->{findings}} }};
ok(!grep({ !$_->{why} || !$_->{do} } @{$audit->{findings}}),
    'each says why and what to do');
my ($one) = grep { $_->{audit} eq 'contradictory' } @{$audit->{findings}};
like($one->{why}, qr/^\Q$path\E:2 blocks the same: the block wins/,
    'who wins is said');
like($one->{do}, qr/\+1 '\Q$path\E'$/, 'an operator\'s file is to be opened');
my $run = $site->gatepost('list', 'audit', '--audit', 'expired');
is($run->{code}, 0, 'exit 0 with findings');
like($run->{out}, qr/^notice expired \Q$path\E:16  key=\w{13}\n/,
    'the text has weight, audit, place and key');
like($run->{out}, qr/^1 finding in \d+ entries$/m, '... and a sum');
is($site->gatepost('list', 'audit', '--audit', 'odd')->{code}, 64,
    'an audit that there is not');

# What it says to do, done.
sub do_it {
	my ($name) = @_;
	my ($finding) = grep { $_->{audit} eq $name }
	    @{$site->json('list', 'audit')->{findings}};
	my $command = $finding->{do} =~ s{\bgatepost -c}
	    {Gatepost::Test::program('gatepost') . ' -c'}er;
	my $done = $site->run('/bin/sh', '-c', $command);

	is($done->{code}, 0, "$name: $finding->{do}") or
	    diag($done->{out} . $done->{err});
}

$site->write_list(example => '');
foreach my $entry ([qw(allow sender open.example proof=none)],
    [qw(block sender *.wide.example)], [qw(block sender a.wide.example)],
    [qw(allow sender end.example)], [qw(block sender end.example)]) {
	is($site->gatepost('list', 'add', @$entry)->{code}, 0,
	    "list add @$entry");
}
do_it('unproven');
my $list = $site->json('list', 'show');
is((grep { $_->{value} eq 'open.example' } @{$list->{entries}})[0]
    {options}{proof}, undef, '... took proof=none away');
do_it('shadowed');
do_it('contradictory');
do_it('endless');
$audit = $site->json('list', 'audit');
is_deeply([map { $_->{audit} } @{$audit->{findings}}], [],
    'all that it said is done');
is_deeply([sort map { $_->{value} } @{$site->json('list', 'show')->{entries}}],
    ['*.wide.example', 'end.example', 'open.example'],
    '... and what was meant is left');

# Nobody tells of authentication.
my $bare = Gatepost::Test->new(lists => { example =>
    "allow sender a.example expires=2099-01-01\n" .
    "allow ip 192.0.2.1 expires=2099-01-01\n" });
is_deeply([map { "$_->{audit} $_->{entry}{value}" }
    @{$bare->json('list', 'audit')->{findings}}], ['unproven a.example'],
    'without an upstream a sender can never be proven, a client can');

# Entries of gatepost.conf, and use.
my $used = Gatepost::Test->new(
    lists => { example => "block sender one.example added=$days[1]\n" .
	"block sender two.example added=$days[1]\n" .
	"block sender three.example added=$days[2]\n" },
    tenant => { entries => ['block sender one.example'] });
is($used->gatepost('list', 'compile')->{code}, 0, 'lists are compiled');
$audit = $used->json('list', 'audit');
is_deeply([map { $_->{audit} } @{$audit->{findings}}], ['duplicate'],
    'twice, in gatepost.conf and a file; unused is nobody who was not ' .
    'counted for 90 days');
SKIP: {
	skip('sqlite3 is not installed', 1)
	    unless Gatepost::Test::installed('sqlite3');
	my $db = $used->state_dir . '/state.db';
	my %key = map { $_->{value} => $_->{key} }
	    @{$used->json('list', 'show')->{entries}};
	my $recent = (time - 86400) . '000000';
	my $long = (time - 95 * 86400) . '000000';

	$used->run('sqlite3', $db, "UPDATE born SET at = $long;" .
	    "INSERT INTO usage (key, first, last, decided, hits, decisions) " .
	    "VALUES ('$key{'one.example'}', $long, $recent, 0, 1, 0)," .
	    "('$key{'three.example'}', $long, $long, 0, 1, 0);");
	is_deeply([map { "$_->{audit} $_->{entry}{value}" }
	    @{$used->json('list', 'audit', '--audit', 'unused')->{findings}}],
	    ['unused two.example'],
	    'unused: known for 90 days, and met by nothing since');
}

done_testing();
