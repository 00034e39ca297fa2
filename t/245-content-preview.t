#!/usr/bin/perl
#
# 245-content-preview.t -- real phish and spam, and mail made to confuse, as
# text and as a page: nothing of it is active, all of it is well-formed

use strict;
use warnings;

use Encode qw(decode);
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $corpus = $ENV{GATEPOST_CORPUS} // "$FindBin::Bin/../../shared/corpus";
my $facts = Gatepost::Test::program('facts');

plan(skip_all => 'no corpus of mail; set GATEPOST_CORPUS')
    unless -d "$corpus/phish" && -d "$corpus/spam";

# What of PAGE is not as it must be; '' for nothing.
sub fault {
	my ($page) = @_;
	my @open;

	return 'no UTF-8' unless eval { decode('UTF-8', $page,
	    Encode::FB_CROAK | Encode::LEAVE_SRC); 1 };
	return "has $&" if $page =~ m{src=|href=|\bon\w+\s*=|javascript:|
	    <script|<iframe|<img|<form|url\(|https?://}xi;
	return "has the character " . ord($&)
	    if $page =~ /[\x00-\x08\x0b-\x1f\x7f]/;
	return 'no policy' unless $page =~ /content="default-src 'none'/;
	my ($body) = $page =~ /(<body>.*<\/body>)<\/html>\n\z/s;
	return 'no end' unless defined($body);
	while ($body =~ m{\G[^<>]*<(/?)([a-z0-9]+)(/?)>}g) {
		my ($end, $name, $empty) = ($1, $2, $3);

		next if $empty && $name =~ /^[bh]r$/;
		return "an empty $name" if $empty;
		if (!$end) {
			push(@open, $name);
			next;
		}
		my $was = pop(@open) // 'nothing';
		return "$name ends $was" if $was ne $name;
	}
	return "@open not closed" if @open;
	return 'more than tags'
	    if $body =~ s{</?[a-z0-9]+/?>}{}gr =~ /[<>="'(]/;
	return 'a bare &' if $body =~ /&(?!#\d+;)/;
	return '';
}

# The test can fail.
like(fault("<body><b></body></html>\n"), qr/policy/, 'a fault is found');
my $good = qq(content="default-src 'none'"><body>%s</body></html>\n);
is(fault(sprintf($good, 'a<p>b</p><br/>&#61;')), '', '... and none in order');
like(fault(sprintf($good, '<p><b></p></b>')), qr/ends/, '... odd ends');
like(fault(sprintf($good, '<p id>x</p>')), qr/not closed|tags/,
    '... attributes');

foreach my $folder (grep { -d "$corpus/$_" } qw(phish spam ham mime)) {
	my @mails = sort(glob("$corpus/$folder/*.eml"));
	my (@faults, $count);
	local $/ = "\0";

	open(my $pages, '-|', $facts, '-w', @mails) or die "$facts: $!\n";
	while (my $page = <$pages>) {
		chomp($page);
		my $fault = fault($page);

		push(@faults, "$mails[$count // 0]: $fault") if $fault ne '';
		$count++;
	}
	ok(close($pages), "$folder: all are shown as pages");
	is($count, scalar(@mails), '... each');
	is("@faults[0 .. ($#faults > 4 ? 4 : $#faults)]", '',
	    '... nothing active, all well-formed');

	@faults = ();
	$count = 0;
	open(my $texts, '-|', $facts, '-p', @mails) or die "$facts: $!\n";
	while (my $text = <$texts>) {
		chomp($text);
		push(@faults, "$mails[$count]: $&") if $text =~
		    m{https?://|javascript:|[\x00-\x09\x0b-\x1f\x7f]|
		    \xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]}xi;
		$count++;
	}
	ok(close($texts), '... and as text');
	is($count, scalar(@mails), '... each');
	is("@faults[0 .. ($#faults > 4 ? 4 : $#faults)]", '',
	    '... without a link or a character that deceives');
}

done_testing;
