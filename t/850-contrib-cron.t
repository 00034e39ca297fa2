#!/usr/bin/perl
#
# 850-contrib-cron.t -- cron accepts our file, and what it runs does work

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('flock');

my $file = "$FindBin::Bin/../contrib/cron/gatepost";
my $text = Gatepost::Test::read_file($file);
my (%env, @jobs);

like($text, qr/\n\z/, 'the last line ends, or cron would pass it over');
like($file, qr{/[A-Za-z0-9_-]+\z}, 'the name is one that cron.d looks at');

my $field = qr{(?:\*|[0-9]+(?:-[0-9]+)?)(?:/[0-9]+)?};
my $fields = qr{$field(?:,$field)*};
foreach my $line (split(/\n/, $text)) {
	next if $line =~ /^\s*(?:#|$)/;
	if ($line =~ /^(\w+)=(.*)$/) {
		$env{$1} = $2;
		next;
	}
	ok($line =~ /^((?:$fields\s+){5})(\S+)\s+(\S.*)$/,
	    "a time, a user, a command: $line") or next;
	push(@jobs, { user => $2, command => $3 });
	unlike($3, qr/%/, '... without a % that cron would split at');
	is($2, 'gatepost', '... as the daemon\'s user');
	like($3, qr/^flock -n \S+ gatepost /, '... once at a time');
}
ok(@jobs > 0, 'there is something to do');
like($env{PATH}, qr{(?:^|:)/usr/sbin(?::|$)},
    'the daemon\'s folder is in PATH');

# Run each as the daemon's user, with the site's paths for the system's.
my $site = Gatepost::Test->new;
my $build = Gatepost::Test::program('gatepost');
my @as = ();
if ($> == 0) {
	my @user = qw(setpriv --reuid=nobody --regid=nogroup --clear-groups);

	@as = @user if $site->run(@user, 'test', '-x', $build)->{code} == 0;
}
$site->start;
foreach my $job (@jobs) {
	my $command = $job->{command};
	my $lock;

	$command =~ s{/var/lib/gatepost\b}{$site->state_dir}e;
	$command =~ s{ gatepost }{" $build -c " . $site->config_file . ' '}e;
	($lock) = $command =~ /^flock -n (\S+)/;
	my $result = $site->run({ env => { PATH => $env{PATH} } }, @as,
	    $env{SHELL}, '-c', $command);
	is($result->{code}, 0, "runs: $job->{command}")
	    or diag($result->{out}, $result->{err});
	is($result->{err}, '', '... and has nothing to mail to root');
	$result = $site->run(@as, 'flock', '-n', $lock, $env{SHELL}, '-c',
	    $command);
	is($result->{code}, 1, '... not while the one before is at work');
}
ok($site->pid, 'the daemon runs on');

done_testing;
