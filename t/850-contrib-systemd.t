#!/usr/bin/perl
#
# 850-contrib-systemd.t -- systemd accepts unit, user and folders

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $contrib = "$FindBin::Bin/../contrib/systemd";
my $site = Gatepost::Test->new;
my $unit = Gatepost::Test::read_file("$contrib/gatepost.service");

# What can be said of the unit without systemd.
my ($section, %keys);
foreach my $line (split(/\n/, $unit)) {
	next if $line =~ /^(?:#|$)/;
	if ($line =~ /^\[(Unit|Service|Install)\]$/) {
		$section = $1;
	} elsif (defined $section && $line =~ /^([A-Z][A-Za-z]+)=(.*)$/) {
		push(@{$keys{"$section.$1"}}, $2);
	} else {
		fail("the unit has a strange line: $line");
	}
}
is_deeply([grep { @{$keys{$_}} > 1 && !/SystemCallFilter/ } sort keys %keys],
    [], 'no setting is given twice');
is($keys{'Service.Type'}[0], 'notify', 'the daemon says when it is ready');
is($keys{'Service.LimitNOFILE'}[0], 65536, 'it may have many sessions');
is($keys{'Service.LimitCORE'}[0], 0, 'no mail gets into a core file');

sub analyze {
	my (@args) = @_;

	return $site->run(Gatepost::Test::installed('systemd-analyze'),
	    '--no-pager', @args);
}

SKIP: {
	skip('systemd-analyze is not installed', 3)
	    unless Gatepost::Test::installed('systemd-analyze');
	my $program = Gatepost::Test::program('gatepostd');
	my $copy = $site->dir . '/gatepost.service';

	$unit =~ s{^(ExecStart=)\S+}{$1$program}m;
	Gatepost::Test::write_file($copy, $unit);
	my $result = analyze('--man=no', 'verify', $copy);
	is($result->{code}, 0, 'systemd-analyze verify takes the unit');
	is($result->{out} . $result->{err}, '', '... without a word');
	$result = analyze('--offline=true', '--threshold=20', 'security',
	    $copy);
	is($result->{code}, 0, 'its exposure is 2.0 at most')
	    or diag($result->{out}, $result->{err});
}

# A root of our own, in which the two tools may do their work.
my $root = $site->dir . '/root';
SKIP: {
	skip('not root', 6) if $> != 0;
	skip('systemd-sysusers is not installed', 6)
	    unless Gatepost::Test::installed('systemd-sysusers') &&
	    Gatepost::Test::installed('systemd-tmpfiles');
	File::Path::make_path("$root/etc", "$root/usr/lib/sysusers.d",
	    "$root/usr/lib/tmpfiles.d");
	Gatepost::Test::write_file("$root/etc/passwd",
	    "root:x:0:0:root:/root:/bin/sh\n" .
	    "postfix:x:102:105::/var/spool/postfix:/usr/sbin/nologin\n");
	Gatepost::Test::write_file("$root/etc/group",
	    "root:x:0:\npostfix:x:105:\n");
	foreach my $kind (qw(sysusers tmpfiles)) {
		Gatepost::Test::write_file(
		    "$root/usr/lib/$kind.d/gatepost.conf",
		    Gatepost::Test::read_file("$contrib/gatepost.$kind"));
	}
	my $result = $site->run('systemd-sysusers', "--root=$root",
	    'gatepost.conf');
	is($result->{code}, 0, 'systemd-sysusers takes its file')
	    or diag($result->{err});
	my ($uid) = Gatepost::Test::read_file("$root/etc/passwd") =~
	    /^gatepost:[^:]*:(\d+):.*:\/usr\/sbin\/nologin$/m;
	ok($uid, '... and makes the daemon\'s user');
	like(Gatepost::Test::read_file("$root/etc/group"),
	    qr/^gatepost:.*:postfix$/m,
	    '... whose group the mail server is in');
	$result = $site->run('systemd-tmpfiles', "--root=$root", '--create',
	    'gatepost.conf');
	is($result->{code}, 0, 'systemd-tmpfiles takes its file')
	    or diag($result->{err});
	is((stat("$root/var/lib/gatepost"))[4], $uid,
	    '... and makes the state folder');
	is((stat("$root/run/gatepost"))[4], $uid,
	    '... and that of the socket');
}

done_testing;
