#!/usr/bin/perl
#
# 030-install.t -- what is installed, what is left alone, what is shipped, and
# whether all of it works from there
#
# Out of the build's folder, into folders of its own.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Find ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $build = abs_path($ENV{GATEPOST_BUILD} || '.');
plan(skip_all => "$build has no Makefile") unless -e "$build/Makefile";
plan(skip_all => 'the programs are not built')
    unless -x "$build/milter/gatepost-worker";
Gatepost::Test->need('make');

my $site = Gatepost::Test->new;
my $root = $site->dir . '/root';
# What a make around us hands down is not for these.
my %env = (MAKEFLAGS => '', MFLAGS => '', MAKELEVEL => 0);

sub make {
	my (@args) = @_;

	return $site->run({ env => \%env, seconds => 300 }, 'make', '-s',
	    '-C', $build, @args);
}

# Where this build's files go.
my %at;
for my $name (qw(sbindir bindir libexecdir mandir sysconfdir docdir
    completiondir)) {
	$at{$name} = make("--eval=where: ; \@echo \$($name)",
	    'where')->{out} =~ s/\s+\z//r;
}
like($at{sbindir}, qr{^/}, 'the Makefile says where things go');

sub there { return "$root$at{$_[0]}/$_[1]" }

my $run = make('install', "DESTDIR=$root");
is($run->{code}, 0, 'make install DESTDIR=') or diag($run->{err});
for ([ 'sbindir', 'gatepostd' ], [ 'bindir', 'gatepost' ],
    [ 'libexecdir', 'gatepost-worker' ]) {
	my $file = there(@$_);

	ok(-x $file, "program $_->[1] is in $_->[0]");
	is(sprintf('%04o', ((stat $file)[2] // 0) & 07777), '0755',
	    '... for all, and without special rights');
}
for ([ 'mandir', 'man8/gatepostd.8' ], [ 'mandir', 'man1/gatepost.1' ],
    [ 'mandir', 'man5/gatepost.conf.5' ],
    [ 'mandir', 'man5/gatepost.list.5' ],
    [ 'sysconfdir', 'gatepost/gatepost.conf' ],
    [ 'sysconfdir', 'gatepost/lists/example.list' ],
    [ 'docdir', 'README' ], [ 'docdir', 'NEWS' ], [ 'docdir', 'COPYING' ],
    [ 'docdir', 'dovecot/README' ], [ 'docdir', 'roundcube/README' ],
    [ 'docdir', 'thunderbird/README' ], [ 'docdir', 'outlook/README' ],
    [ 'completiondir', 'gatepost' ]) {
	my $file = there(@$_);

	# A completion is found by the command's name.
	$file = there('completiondir', 'gatepost.bash')
	    if $_->[0] eq 'completiondir' && !-e $file;
	ok(-s $file, "$_->[1] is in $_->[0]");
	is(sprintf('%04o', ((stat $file)[2] // 0) & 07777), '0644',
	    '... for all to read');
}
my @strange;
File::Find::find(sub {
	my $path = $File::Find::name;

	push @strange, $path if -f $path && !grep {
		index($path, "$root$_/") == 0 } values %at;
}, $root);
is("@strange", '', 'nothing is put elsewhere');

$run = $site->run(there('sbindir', 'gatepostd'), '-V');
is($run->{code}, 0, 'what is installed does run') or diag($run->{err});
$run = $site->run(there('bindir', 'gatepost'), '-c',
    there('sysconfdir', 'gatepost/gatepost.conf'), 'check');
like($run->{out}, qr/^mode = "observe";$/m,
    'the sample starts in observe') or diag($run->{err});

# What an admin has changed stays as it is; what he removed comes back.
my ($conf, $list) = (there('sysconfdir', 'gatepost/gatepost.conf'),
    there('sysconfdir', 'gatepost/lists/example.list'));
Gatepost::Test::write_file($conf, "# mine\n");
unlink $list;
is(make('install', "DESTDIR=$root")->{code}, 0, 'installed again');
is(Gatepost::Test::read_file($conf), "# mine\n",
    '... a changed gatepost.conf stays');
ok(-s $list, '... a missing sample comes back');
is(make('uninstall', "DESTDIR=$root")->{code}, 0, 'make uninstall');
ok(!-e there('sbindir', 'gatepostd'), '... removes the programs');
is(Gatepost::Test::read_file($conf), "# mine\n",
    '... and leaves the configuration');
# A folder where a file should go must not pass for success.
unlink $conf;
chmod 0755, $root;
mkdir "$root/file";
Gatepost::Test::write_file("$root/file/etc", 'no folder');
isnt(make('install-data', "DESTDIR=$root/file",
    "sysconfdir=/etc")->{code}, 0, 'what cannot be installed is an error');

# What make dist ships: sources alone, from which a build elsewhere works.
my ($ship, $new) = map { $site->dir . "/$_" } qw(ship new);
$run = make('distdir', "distdir=$ship");
is($run->{code}, 0, 'make distdir') or diag($run->{err});
my @built;
File::Find::find(sub {
	my $start = '';

	if (-f $_ && open(my $in, '<:raw', $_)) {
		read($in, $start, 8);
	}
	push @built, $File::Find::name =~ s/^\Q$ship\E\///r
	    if /\.(?:o|a|so|Po|log|trs|orig|rej|swp)$|~$|^\.deps$/ ||
	    $start =~ /^(?:\x7fELF|!<arch>)/;
}, $ship);
is("@built[0 .. ($#built > 5 ? 5 : $#built)]", '',
    '... ships nothing that was built');
ok(-e "$ship/$_", "... $_") foreach qw(configure README NEWS COPYING
    conf/gatepost.conf contrib/quickstart contrib/deps t/lib/Gatepost/Test.pm
    milter/LAYERS include/gatepost/bounds.h .ci/run .clang-format);
mkdir $new;
my $inst = $site->dir . '/inst';
$run = $site->run({ seconds => 120, env => \%env }, 'sh', '-c',
    'cd "$0" && "$1/configure" -q --prefix="$2"', $new, $ship, $inst);
is($run->{code}, 0, '... configures in another folder') or diag($run->{err});
$run = $site->run({ seconds => 500, env => \%env }, 'make', '-s', '-j2',
    '-C', $new, 'install');
is($run->{code}, 0, '... and is compiled and installed there') or
    diag($run->{err});
like($site->run("$inst/bin/gatepost", '--help')->{out},
    qr/quarantine release/, '... and what it made does run');

# The programs are in three folders now, and must find each other.
my $with = Gatepost::Test->new(lists => {
	example => 'block sender evil.example' });
$with->spawn('gatepostd', "$inst/sbin/gatepostd", '-f', '-c',
    $with->config_file, '-P', $with->pid_file);
ok($with->wait_log(qr/ ready /), 'the installed daemon starts its workers') or
    diag($with->log_tail);
ok($with->wait_log(qr/ in-force .*entries=1$/m),
    '... and has its lists compiled') or diag($with->log_tail);
Gatepost::Test::write_file($with->dir . '/mail.eml',
    "From: a\@evil.example\n\nA mail.\n");
$run = $with->run("$inst/bin/gatepost", '-c', $with->config_file, 'try',
    '--from', 'a@evil.example', '--rcpt', 'jane@example.org',
    $with->dir . '/mail.eml');
like($run->{out}, qr/quarantine/, '... the command has mail read') or
    diag($run->{err});
$with->stop;

# A part of it is not there.
rename("$inst/bin/gatepost", "$inst/bin/gone");
unlink glob($with->state_dir . '/lists/*');
$with->spawn('gatepostd', "$inst/sbin/gatepostd", '-f', '-c',
    $with->config_file, '-P', $with->pid_file);
ok($with->wait_log(qr{by=lists .*cannot run \Q$inst\E/bin/gatepost: No such}),
    'a program that is missing is named') or diag($with->log_tail);
$with->stop;
rename("$inst/bin/gone", "$inst/bin/gatepost");

# Whoever configures again means it.
$run = $site->run({ seconds => 120, env => \%env }, 'sh', '-c',
    'cd "$0" && "$1/configure" -q --prefix="$2" --sysconfdir="$2/else"',
    $new, $ship, $inst);
is($run->{code}, 0, 'configured anew for other folders') or diag($run->{err});
$run = $site->run({ seconds => 500, env => \%env }, 'make', '-s', '-j2',
    '-C', $new, 'milter/gatepost');
like($site->run("$new/milter/gatepost", 'check')->{err},
    qr{\Q$inst\E/else/gatepost/gatepost\.conf},
    '... the same tree makes programs that look there');

done_testing();
