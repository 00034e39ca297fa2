#!/usr/bin/perl
#
# 010-manual.t -- every setting and every command stands in the manual, in the
# sample configuration and in the completion, as the programs' own tables say

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $top = "$FindBin::Bin/..";
my $conf = "$top/conf/gatepost.conf";
my $site = Gatepost::Test->new;
my $command = Gatepost::Test::program('gatepost');
my %manuals = map { $_ => Gatepost::Test::read_file("$top/milter/$_") } qw(
	cli/gatepost.1 daemon/gatepostd.8 lists/gatepost.list.5
	model/gatepost.conf.5);

sub read_all {
	my ($path) = @_;
	my $text = Gatepost::Test::read_file($path);

	die "$path cannot be read\n" unless defined $text;
	return $text;
}

# --- the sample configuration ---------------------------------------------

# What is switched off has its "#" right in front; prose has a blank behind.
sub switched_on {
	my ($text) = @_;

	$text =~ s/^(\s*)#(?! )/$1/mg;
	return $text;
}

# All settings of a configuration: path => { value, comment }.  The comment is
# what stands right above, over rows that follow each other without one.
sub settings_of {
	my ($text) = @_;
	my (%found, @path, $comment, $is_comment);

	foreach my $line (split(/\n/, $text)) {
		if ($line =~ /^\s*# ?(.*)/) {
			$comment = $is_comment ? "$comment $1" : $1;
			$is_comment = 1;
			next;
		}
		$comment = '' if $line =~ /^\s*$/;
		$is_comment = 0;
		if ($line =~ /^\s*(\w+)\s*=\s*([({])\s*$/) {
			push(@path, $1);
			$found{join('.', @path)} =
			    { value => '', comment => $comment };
		} elsif ($line =~ /^\s*[)}];\s*$/) {
			pop(@path);
		} elsif ($line =~ /^\s*(\w+)\s*=\s*(.*);\s*$/) {
			$found{join('.', @path, $1)} =
			    { value => $2, comment => $comment };
		}
	}
	return %found;
}

# A default as it is written in a configuration.
sub written {
	my ($type, $default) = @_;

	return $default if $type =~ /^(?:number|real|bool|texts|domains)$/ ||
	    $type eq 'networks';
	return "\"$default\"";
}

my $sample = read_all($conf);
my %sample = settings_of(switched_on($sample));
my $result = $site->run($command, 'check', '--settings');
my @rows = map { [split(/\t/, $_, 4)] } split(/\n/, $result->{out});

is($result->{code}, 0, 'the table of settings is printed');
cmp_ok(scalar(@rows), '>', 50, '... and is not empty');
foreach my $row (@rows) {
	my ($path, $type, $default, $meaning) = @$row;
	my $setting = $sample{$path};
	my $says = written($type, $default);

	ok($setting, "$path stands in gatepost.conf") or next;
	isnt($setting->{comment}, '', '... and is explained');
	next if $default eq '-';
	ok($setting->{value} eq $says ||
	    $setting->{comment} =~ /Default: \Q$says\E[.,;]/,
	    "... at its default, $says")
	    or diag("value $setting->{value}, comment $setting->{comment}");
}
my %known = map { $_->[0] => 1 } @rows;
is_deeply([grep { !$known{$_} } sort keys %sample], [],
    'gatepost.conf has no setting that there is not');
is($sample{mode}{value}, '"observe"', 'the sample starts in observe');

# It is accepted, as it is and with all switched on.
$result = $site->run(Gatepost::Test::program('gatepostd'), '-t', '-c', $conf);
is($result->{code}, 0, 'gatepostd takes gatepost.conf') or
    diag($result->{err});
is($result->{err}, '', '... without a word');
$result = $site->run($command, '-c', $conf, 'check');
is($result->{code}, 0, 'gatepost check takes it');
is($result->{err}, '', '... without a word');
Gatepost::Test::write_file($site->dir . '/all.conf', switched_on($sample));
$result = $site->run($command, '-c', $site->dir . '/all.conf', 'check');
is($result->{code}, 0, '... and all that is switched off in it') or
    diag($result->{err});

# So is the sample list.
my $list = read_all("$top/conf/lists/example.list");
is($list =~ /^[^#\n]/m ? 1 : 0, 0, 'no line of example.list is in force');
(my $entries = $list) =~ s/^#(?! )//mg;
$site->write_list('example', $entries);
$result = $site->gatepost('check', '--lists');
is($result->{code}, 0, 'each of them is an entry') or diag($result->{err});
foreach my $kind (qw(sender envelope name ip url file filename spoof)) {
	like($entries, qr/^(?:block|allow|observe) $kind /m,
	    "... there is one of kind $kind");
}

# --- gatepost.conf(5) -----------------------------------------------------

my $manual = $manuals{'model/gatepost.conf.5'};

$manual =~ s/\\\(dq/"/g;
$manual =~ s/\\\(lB/[/g;
$manual =~ s/\\\(rB/]/g;
foreach my $row (@rows) {
	my ($path, $type, $default) = @$row;
	my $says = $default eq '-' ? '' : ', ' . written($type, $default);

	like($manual, qr/^\.It Ic \Q$path\E No \($type\Q$says\E[;,)]/m,
	    "$path stands in gatepost.conf(5), with type and default");
}
foreach my $path ($manual =~ /^\.It Ic ([\w.]+) No \(/mg) {
	ok($known{$path}, "... where $path is no invention");
}

# --- commands -------------------------------------------------------------

my $completion = read_all("$top/contrib/completion/gatepost.bash");
my ($table) = $completion =~ /<<'TABLE'\n(.*?)^TABLE$/ms;
my %verbs;

$result = $site->run($command, '--help');
is($result->{code}, 0, 'gatepost --help');
my @usages = $result->{out} =~ /^  (\w.*)/mg;
cmp_ok(scalar(@usages), '>', 15, '... names the commands');
foreach my $usage (@usages) {
	my @words = split(/ /, $usage);
	my $name = $words[0];
	my @options = $usage =~ /(--[\w-]+)/g;

	# Two lower-case words in front: noun and verb.
	$name .= " $words[1]" if ($words[1] || '') =~ /^[a-z]+$/;
	my ($section) = $manuals{'cli/gatepost.1'} =~
	    /^\.It Ic \Q$name\E\b(.*?)^\.(?:It Ic|Ss)/ms;
	ok(defined $section, "$name stands in gatepost(1)");
	my ($line) = $table =~ /^(\Q$name\E\b.*)$/m;
	ok(defined $line, '... and in the completion');
	foreach my $option (@options) {
		my $macro = $option =~ s/^-//r;

		like($section, qr/Fl \Q$macro\E\b/,
		    "... with $option in the one");
		like($line, qr/ \Q$option\E(?: |$)/, '... and in the other');
	}
	$verbs{$name} = 1;
}
foreach my $line (split(/\n/, $table)) {
	my ($noun, $verb) = split(/ /, $line);

	ok($verbs{$verb eq '-' ? $noun : "$noun $verb"},
	    "$noun $verb of the completion is a command");
}
$result = $site->run('/bin/bash', '-n',
    "$top/contrib/completion/gatepost.bash");
is($result->{code}, 0, 'bash can read the completion') if -x '/bin/bash';

# --- gatepostd(8) ---------------------------------------------------------

# The words of the code that the manual must know.
foreach my $of (['policy/checks.c', 'check_\w+', 'policy', qr/\.name = "(\S+)"/],
    ['policy/candidates.c', undef, undef, qr/^\t\{ "([\w-]+)", (?:rule_|NULL)/m]) {
	my @files = $of->[2] ? glob("$top/milter/policy/check_*.c") :
	    ("$top/milter/$of->[0]");

	foreach my $text (map { read_all($_) } @files) {
		foreach my $name ($text =~ /$of->[3]/g) {
			like($manuals{'daemon/gatepostd.8'},
			    qr/^\.It Cm \Q$name\E(?: No \(\d+\))?$/m,
			    "$name stands in gatepostd(8)");
		}
	}
}
my $usage = $site->run(Gatepost::Test::program('gatepostd'), '-?')->{err};
foreach my $option ($usage =~ /^  -(\w)/mg) {
	like($manuals{'daemon/gatepostd.8'}, qr/^\.It Fl $option\b/m,
	    "option -$option stands in gatepostd(8)");
}

# --- the pages themselves -------------------------------------------------

SKIP: {
	skip('mandoc is not installed', scalar(keys %manuals))
	    unless Gatepost::Test::installed('mandoc');
	foreach my $page (sort keys %manuals) {
		$result = $site->run('mandoc', '-Tlint', '-Wwarning',
		    "$top/milter/$page");
		is($result->{out} . $result->{err}, '', "$page is clean");
	}
}

done_testing;
