#!/usr/bin/perl
#
# 015-phrases.t -- what users read stands in every catalogue, and nothing else
# does

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $top = "$FindBin::Bin/..";
my (%phrases, @catalogues);

# "..." "..." as one text.
sub joined { return join('', $_[0] =~ /"((?:[^"\\]|\\.)*)"/gs) }

foreach my $file (glob("$top/milter/service/*.c")) {
	my $text = Gatepost::Test::read_file($file);

	$phrases{joined($1)} = 1
	    while $text =~ /PHRASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)/g;
}
cmp_ok(scalar(keys %phrases), '>', 50, 'there are phrases');

my ($words) = Gatepost::Test::read_file("$top/milter/model/settings.c") =~
    /languages\[\] = \{(.*?)\}/s;
my @languages = $words =~ /"(\w+)"/g;
is(shift @languages, 'en', 'English needs no catalogue');
is_deeply([sort map { m{/(\w+)\.po$} } glob("$top/contrib/po/*.po")],
    [sort @languages], 'every other language has one');

foreach my $language (@languages) {
	my $file = "$top/contrib/po/$language.po";
	my $text = Gatepost::Test::read_file($file);
	my %found;

	while ($text =~ /^msgid ((?:"(?:[^"\\]|\\.)*"\n)+)msgstr ((?:"(?:[^"\\]|\\.)*"\n)+)/mg) {
		$found{joined($1)} = joined($2);
	}
	delete $found{''};
	is_deeply([grep { !$found{$_} } sort keys %phrases], [],
	    "$language has every phrase");
	is_deeply([grep { !$phrases{$_} } sort keys %found], [],
	    '... and no other');
	is_deeply([grep { (() = /%1/g) != (() = $found{$_} =~ /%1/g) ||
	    (/\\n\z/ xor $found{$_} =~ /\\n\z/) } sort keys %found], [],
	    '... with the same values and ends');
	unlike($text, qr/^#,.*fuzzy/m, '... none of them doubtful');
SKIP: {
		skip('msgfmt is not installed', 1)
		    unless Gatepost::Test::installed('msgfmt');
		is(system('msgfmt', '--check-format', '-o', '/dev/null', $file), 0,
		    '... and msgfmt takes it');
	}
}

done_testing();
