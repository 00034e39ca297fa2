#!/usr/bin/perl
#
# 000-house.t -- folders are layers: includes go one way, each library has
# one room, no function is longer than a screen or two
#
# The rules are data, in milter/LAYERS.

use strict;
use warnings;

use FindBin;
use Test::More;

my $top = "$FindBin::Bin/..";
my $build = $ENV{GATEPOST_BUILD} || '.';
my (%may, @rooms, @nots, @order);

sub slurp {
	open(my $in, '<', $_[0]) or die "$_[0]: $!";
	local $/;
	return <$in>;
}

for my $line (split /\n/, slurp("$top/milter/LAYERS")) {
	next if $line =~ /^\s*(#|$)/;
	my ($word, @rest) = split ' ', $line;
	if ($word eq 'room') {
		push @rooms, [@rest];
	} elsif ($word eq 'not') {
		push @nots, [@rest];
	} else {
		push @order, $word;
		$may{$word} = { map { $_ => 1 } $word, @rest };
	}
}

sub files {
	my ($pattern) = @_;

	return sort map { s{^\Q$top\E/}{}r } glob "$top/$pattern";
}

# What is wrong with the includes of TEXT, a file of LAYER.
sub upward {
	my ($layer, $text) = @_;
	my @bad;

	while ($text =~ m{^#include "gatepost/(\w+)/(\w+)\.h"}mg) {
		my ($other, $header) = ($1, $2);
		push @bad, "$other/$header.h"
		    unless $may{$layer}{$other} ||
		    $may{$layer}{"$other:$header"};
	}
	return @bad;
}

sub outside {
	my ($file, $text) = @_;

	return map { $_->[0] } grep {
		$text =~ /^#include <\Q$_->[0]\E>/m &&
		    index($file, $_->[1]) != 0
	} @rooms;
}

# The test can fail: what it forbids, it finds.
is_deeply([upward('util', qq(#include "gatepost/store/box.h"\n))],
    ['store/box.h'], 'an upward include is found');
is_deeply([upward('service', qq(#include "gatepost/worker/serve.h"\n))],
    ['worker/serve.h'], 'service may see the caller\'s side of worker alone');
is_deeply([upward('store', qq(#include "gatepost/util/file.h"\n))], [],
    'an include downward is none');
is_deeply([outside('milter/cli/x.c', "#include <sqlite3.h>\n")],
    ['sqlite3.h'], 'a library outside its room is found');

for my $layer (@order) {
	my (@bad, @strangers);

	for my $file (files("milter/$layer/*.c"),
	    files("include/gatepost/$layer/*.h")) {
		my $text = slurp("$top/$file");
		push @bad, map { "$file includes $_" } upward($layer, $text);
		(my $c = $file) =~
		    s{^include/gatepost/(.*)\.h$}{milter/$1.c};
		push @strangers, map { "$file includes $_" }
		    outside($file =~ /^include/ ? $c : $file, $text);
	}
	is("@bad", '', "$layer: includes go one way");
	is("@strangers", '', "$layer: libraries stay in their rooms");
}

# Headers mirror folders, and every folder is a layer.
my @folders = grep { -d "$top/$_" } files('milter/*');
is_deeply([sort map { s{^milter/}{}r } @folders],
    [sort grep { -d "$top/milter/$_" } @order],
    'every folder of milter is a layer');
is_deeply([grep { !$may{(split m{/})[2]} } files('include/gatepost/*/*.h')],
    [], 'every header folder is a layer');

# What a program is linked with shows what it can be reached by.
for my $not (@nots) {
	my ($program, @libraries) = @$not;

SKIP: {
		skip "$program is not built", 1 unless -x "$build/$program";
		my $ldd = `ldd $build/$program 2>&1`;
		like($ldd, qr/libglib/, "$program: ldd speaks");
		is(join(' ', grep { $ldd =~ /\b\Q$_\E\b/ } @libraries), '',
		    "$program: links nothing of another room");
	}
}

# A function is at most 80 lines.
my @long;
for my $file (files('milter/*/*.c')) {
	my ($start, $name, $line) = (0, '', 0);

	for (split /\n/, slurp("$top/$file")) {
		$line++;
		$name = $1 if /^(\w+)\(/;
		$start = $line if /^\{/;
		push @long, "$file:$start $name " . ($line - $start)
		    if /^\}$/ && $start && $line - $start > 80;
	}
}
is("@long", '', 'no function is longer than 80 lines');

# No shell, no text function without bounds, no clock that is not ours.
my @banned;
for my $file (files('milter/*/*.c')) {
	my $text = slurp("$top/$file");

	$text =~ s{/\*.*?\*/}{}gs;
	$text =~ s{"(?:[^"\\\n]|\\.)*"}{""}g;
	push @banned, "$file: $1"
	    while $text =~ /(?<!->)\b(system|popen|strcpy|strcat|sprintf|gets|gmtime|
	    localtime|strtok|printf_s)\s*\(/xg;
}
is("@banned", '', 'no call that has a safer one');

# SQL that a second backend could not run, but for a file of its own.
my @dialect;
for my $file (grep { !/schema_sqlite/ } files('milter/store/*.c')) {
	my $text = slurp("$top/$file");
	my $sql = join ' ', $text =~ /"((?:[^"\\]|\\.)*)"/g;

	push @dialect, "$file: $1"
	    while $sql =~ /\b(AUTOINCREMENT|INSERT\ OR\ REPLACE|datetime\(|
	    json_\w+\(|GLOB|NOCASE|ATTACH|changes\(|rowid)\b/xg;
}
is("@dialect", '', 'store: no SQL of one backend alone');

# A line of the log is a word for what happened and key=value after it: each
# format, with its conversions filled in, must be that.
sub log_formats {
	my ($text) = @_;
	my @found;

	$text =~ s/\bG_GU?INT64_FORMAT\b/"d"/g;
	while ($text =~ /\blog_(?:error|warning|info|debug|write)\(\s*[^"]+?,\s*
	    ((?:"(?:[^"\\]|\\.)*"\s*)+)/xg) {
		push @found, join '', $1 =~ /"((?:[^"\\]|\\.)*)"/g;
	}
	return @found;
}

sub log_fault {
	my ($format) = @_;

	$format =~ s/\\"/"/g;
	$format =~ s/%%/%/g;
	$format =~ s/%[sdcu]/x/g;
	return '' if $format =~
	    /^[a-z][a-z-]*(?: [a-z_]+=(?:"[^"=]*"|[^\s"=:;]+))*\z/;
	return $format;
}
is_deeply([log_formats(
    qq{log_info(NULL, "a b=%" G_GINT64_FORMAT\n" c=%s", b, c);})],
    ['a b=%d c=%s'], 'a format in pieces is found');
is(log_fault('done what=%s reason=\"%s\"'), '', 'a good line of the log');
isnt(log_fault($_), '', "no such line: $_")
    foreach 'done: %s', 'it is done', 'a what=%s: it is', 'a what="%s" x';

my (@log, %events);
for my $file (grep { !m{util/log\.c$} } files('milter/*/*.c')) {
	for my $format (log_formats(slurp("$top/$file"))) {
		$events{$1} = $file if $format =~ /^([a-z-]+)/;
		push @log, "$file: $format" if log_fault($format);
	}
}
is(join("\n", @log), '', 'each line of the log is a word and key=value');
my ($manual) = slurp("$top/milter/daemon/gatepostd.8") =~
    /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh /ms;
is(join(' ', grep { $manual !~ /^(?:\.It .*\b)?\Q$_\E\b/m } sort keys %events),
    '', '... and each word stands in gatepostd(8)');

done_testing();
