#!/usr/bin/perl
#
# 040-deps.t -- contrib/deps names all that a build, a run and the tests take
#
# A machine on which people work has more installed than those lists, so what
# they lack is missed by nobody there.  This asks dpkg which package each thing
# is of, and whether one of the lists leads to it.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need(qw(dpkg-query pkg-config ldd));

my $top = "$FindBin::Bin/..";
my $build = abs_path($ENV{GATEPOST_BUILD} || '.');

# --- packages that are installed ------------------------------------------

my (%depends, %provides, @base);

open(my $in, '-|', 'dpkg-query', '-W', '-f', '${db:Status-Abbrev}|' .
    '${Package}|${Priority}|${Essential}|${Provides}|' .
    '${Depends}, ${Pre-Depends}\n') or die "dpkg-query: $!\n";
while (<$in>) {
	chomp;
	my ($status, $name, $priority, $essential, $provides, $depends) =
	    split(/\|/, $_, 6);

	next if $status !~ /^.i/;
	$depends{$name} = [ map { [ map { /^\s*([^\s:(]+)/ ? $1 : () }
	    split(/\|/) ] } split(/,/, $depends) ];
	push(@{$provides{$_}}, $name) foreach map {
	    /^\s*([^\s:(]+)/ ? $1 : () } split(/,/, $provides);
	push(@base, $name) if $priority eq 'required' || $essential eq 'yes';
}
close($in);
plan(skip_all => 'dpkg knows no packages here') unless %depends;

# All that is installed with these, a hash; of a choice, what is there.
sub closure {
	my @todo = @_;
	my %seen;

	while (defined(my $name = shift(@todo))) {
		if (!$depends{$name}) {
			push(@todo, grep { !$seen{$_} }
			    @{$provides{$name} || []});
			next;
		}
		next if $seen{$name}++;
		push(@todo, map { @$_ } @{$depends{$name}});
	}
	return \%seen;
}

# The packages that each of PATHS is of, a hash; nothing of what dpkg does not
# know.
sub owners {
	my (@paths) = @_;
	my %owners;

	open(my $dpkg, '-|', 'sh', '-c', 'exec dpkg-query -S "$@" 2>/dev/null',
	    'sh', @paths) or die "dpkg-query: $!\n";
	while (<$dpkg>) {
		next if /^diversion/ || !/^(.+?): (\/\S+)$/;
		my ($names, $path) = ($1, $2);

		push(@{$owners{$path}}, map { s/:\w+$//r }
		    split(/, /, $names));
	}
	close($dpkg);
	return \%owners;
}

# Where a file may be known to dpkg: as found, behind links, and from before
# /bin and /lib were links themselves.
sub paths {
	my ($file) = @_;
	my $real = abs_path($file) // $file;

	return ($file, $real, map { s{^/usr}{}r } $file, $real);
}

sub listed {
	my (@what) = @_;
	my @names = split(' ', qx($top/contrib/deps --list @what));

	is($?, 0, "contrib/deps --list @what");
	cmp_ok(scalar(@names), '>', 5, '... names packages');
	return closure(@base, 'apt', 'git', @names);
}

# Those of FILES, a hash of their names, that no package of LIST brings.
sub missing {
	my ($list, $files) = @_;
	my $owners = owners(map { paths($_) } values %$files);
	my @missing;

	foreach my $name (sort keys %$files) {
		my ($known) = grep { $owners->{$_} } paths($files->{$name});
		my @of = $known ? @{$owners->{$known}} : ();

		push(@missing, "$name (of @of)")
		    if @of && !grep { $list->{$_} } @of;
	}
	return "@missing";
}

# --- a build: headers and .pc files ---------------------------------------

my $text = Gatepost::Test::read_file("$top/configure.ac");
my @modules = map { s/\s*>=\s*\S+//gr }
    $text =~ /^PKG_CHECK_MODULES\(\[\w+\],\s*\[([^\]]+)\]/mg;
my @todo = map { split(' ') } @modules;
my %files = ('libmilter/mfapi.h' => '/usr/include/libmilter/mfapi.h');

cmp_ok(scalar(@todo), '>', 10, 'configure asks for libraries');
while (defined(my $name = shift(@todo))) {
	next if $files{"$name.pc"};
	chomp(my $folder = qx(pkg-config --variable=pcfiledir '$name' 2>&1));
	# What is not there at all was seen by configure.
	next if $folder !~ m{^/};
	$files{"$name.pc"} = "$folder/$name.pc";
	push(@todo, map { /^(\S+)/ ? $1 : () } split(/\n/,
	    qx(pkg-config --print-requires --print-requires-private '$name')));
}
is(missing(listed('build'), \%files), '',
    'to build: all that pkg-config asks for');

# --- a run: shared libraries ----------------------------------------------

%files = ();
foreach my $program (qw(gatepostd gatepost gatepost-worker)) {
	next unless -x "$build/milter/$program";
	foreach (split(/\n/, qx(ldd '$build/milter/$program'))) {
		$files{$1} = $2 if m{^\s*(\S+) => (/\S+)};
	}
}
SKIP: {
	skip('the programs are not built', 3) unless %files;
	is(missing(listed('run'), \%files), '', 'to run: all shared libraries');
}

# --- the tests: what they ask for -----------------------------------------

%files = ();
foreach my $test (glob("$top/t/*.t"), glob("$top/t/lib/Gatepost/*.pm")) {
	$text = Gatepost::Test::read_file($test);
	foreach my $name (map { /[\w.+-]+/g } $text =~
	    /(?:->need|\binstalled)\((?:qw\()?([^)\$]*)\)/g) {
		my $path = Gatepost::Test::installed($name);

		$files{$name} = $path if $path;
	}
}
cmp_ok(scalar(keys(%files)), '>', 5, 'tests ask for programs');
is(missing(listed('build', 'test'), \%files), '',
    'to test: all programs that a test asks for');

done_testing();
