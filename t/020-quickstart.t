#!/usr/bin/perl
#
# 020-quickstart.t -- contrib/quickstart keeps its promises, and takes away
# all that it started

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need(qw(root postfix));

my $quickstart = "$FindBin::Bin/../contrib/quickstart";
my $site = Gatepost::Test->new;
my $tmp = $site->dir . '/tmp';
my %env = (
	GATEPOST_QUICKSTART_NODEPS => 1,
	GATEPOST_BUILD => Gatepost::Test::program('gatepost') =~
	    s{/milter/gatepost$}{}r,
	TMPDIR => $tmp,
);

mkdir($tmp);
chmod(0755, $tmp);

# Is a process there that has to do with the folder?
sub left {
	my @found;

	foreach my $path (glob('/proc/[0-9]*/cmdline')) {
		my $command = Gatepost::Test::read_file($path);

		push(@found, $command =~ tr/\0/ /r)
		    if defined $command && $command =~ m{\Q$tmp\E/};
	}
	opendir(my $folder, $tmp) or die "$tmp: $!\n";
	push(@found, grep { !/^\./ } readdir($folder));
	return @found;
}

sub run_it {
	my (@args) = @_;

	return $site->run({ env => \%env, seconds => 120 }, '/bin/sh',
	    $quickstart, @args);
}

my $result = run_it();
my $out = $result->{out};

is($result->{code}, 0, 'all went as the text says') or
    diag("$out$result->{err}");
foreach my $line ('gatepost quarantine list', 'gatepost candidate list',
    qr/gatepost why [0-9A-Z]{26}/, 'gatepost report list', 'gatepost drain',
    qr/gatepost report submit [0-9A-Z]{26} --as phish --block url/,
    qr/gatepost submission show [0-9A-Z]{26}/,
    qr/gatepost quarantine release [0-9A-Z]{26} --rcpt alice\@example\.org/) {
	like($out, qr/^\$ $line$/m, "it shows the command, $line");
}
like($out, qr/^Subject: Minutes of Tuesday$/m, 'a clean message arrives');
like($out, qr/ held .*annoying\@news\.example/, 'what is held is told why');
like($out, qr/suspected \(link-text\)/, 'what is suspicious is told why');
like($out, qr/^Result: Threats found \(threatsFound\)$/m, 'one is analysed');
like($out, qr/^Subject: Your report: it was phishing\r?$/m,
    'its reporter is told');
like($out, qr/^\w{26} released to alice/m, 'one item is released');
like($out, qr/^  gatepost check --postfix \/etc\/postfix/m,
    'it says how to go on');
is_deeply([left()], [], 'nothing of it is left');

# Twice in a row, this time to be played with.
$result = run_it('--keep');
is($result->{code}, 0, 'a second time, with --keep');
my ($stop) = $result->{out} =~ m{: (\S+/bin/stop)$}m;
ok($stop && -x $stop, '... it says how to stop it');
my ($dir) = ($stop || '') =~ m{(.*)/bin/stop};
$result = $site->run("$dir/bin/gatepost", 'quarantine', 'list');
like($result->{out}, qr/ released /, '... and how to talk to it');
$result = $site->run($stop);
is($result->{code}, 0, '... and is stopped');
is_deeply([left()], [], '... without a trace');

# What does not go as promised is said, and leaves nothing either.
$env{GATEPOST_BUILD} = $tmp;
$result = run_it();
is($result->{code}, 1, 'without programs it fails');
like($result->{err}, qr/gatepostd is not built/, '... with a clear word');
is_deeply([left()], [], '... and leaves nothing');

$result = run_it('--what');
is($result->{code}, 64, 'an unknown option is refused');

done_testing;
