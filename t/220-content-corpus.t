#!/usr/bin/perl
#
# 220-content-corpus.t -- real mail is read whole and has no defects; mail that
# was built to hide a file from filters hides it from none of ours

use strict;
use warnings;

use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $corpus = $ENV{GATEPOST_CORPUS} // "$FindBin::Bin/../../shared/corpus";
my $facts = Gatepost::Test::program('facts');

plan(skip_all => 'no corpus of mail; set GATEPOST_CORPUS')
    unless -d "$corpus/ham" && -d "$corpus/mime";

# The facts of each message of a folder, by its name.
sub facts_of {
	my ($folder) = @_;
	my @mails = sort(glob("$corpus/$folder/*.eml"));
	my %facts;

	open(my $out, '-|', $facts, @mails) or die "$facts: $!\n";
	while (<$out>) {
		my ($file, $json) = /^(\S+)\t(.*)$/ or die "no facts: $_";

		$facts{$file} = { files => [], defects => [],
		    %{decode_json($json)} };
	}
	ok(close($out), "$folder: the reader ends well");
	is(scalar(keys %facts), scalar(@mails), '... and has read all');
	return \%facts;
}

# --- real mail ------------------------------------------------------------

foreach my $folder (qw(ham phish spam)) {
	my $facts = facts_of($folder);
	my @cut = grep { !$facts->{$_}{complete} } sort keys %$facts;
	my @odd = grep { @{$facts->{$_}{defects}} } sort keys %$facts;

	# One newsletter has 3,000 links.
	is(scalar(grep { "@{$facts->{$_}{defects}}" ne 'urls-many' } @cut),
	    0, '... each whole') or diag("@cut");
	next if $folder ne 'ham';
	diag(sprintf('%d of %d real messages have a defect', scalar(@odd),
	    scalar(keys %$facts)));
	cmp_ok(@odd, '<=', keys(%$facts) * 0.005,
	    '... and nearly all without a defect')
	    or diag(map { "$_: @{$facts->{$_}{defects}}\n" } @odd);
}

# --- mail that hides a file -----------------------------------------------

# What a message is said to hold is in a field that no program reads.
sub validity {
	my ($file) = @_;
	my ($id) = Gatepost::Test::read_file($file) =~
	    /^X-Payload-Id: \S+\s+\w+\((\d+)\)/m;

	return $id;
}

SKIP: {
	my $facts = facts_of('mime');
	my (%seen, %flagged, %all, @missed);

	$seen{$_}++ foreach map { $_->{sha256} } map { @{$_->{files}} }
	    values %$facts;
	my ($payload) = sort { $seen{$b} <=> $seen{$a} } keys %seen;
	foreach my $file (sort keys %$facts) {
		my $level = validity($file) // next;
		my $one = $facts->{$file};
		my $found = grep { $_->{sha256} eq $payload ||
		    grep { $_ eq 'eicar.zip' } @{$_->{names}} }
		    @{$one->{files}};

		$level = $level > 0 ? 'valid' : 'odd';
		$all{$level}++;
		if ($found || @{$one->{defects}}) {
			$flagged{$level}++;
		} else {
			push @missed, $file;
		}
	}
	skip('no levels of validity', 3) unless $all{valid} && $all{odd};
	is($flagged{valid}, $all{valid},
	    'a file is found, or a defect is, in all that mail programs take');
	cmp_ok($flagged{odd}, '>=', 0.95 * $all{odd},
	    '... and in nearly all that a few take');
	diag("missed: @missed") if @missed;
	cmp_ok($seen{$payload}, '>=', 0.8 * keys(%$facts),
	    'in most the very octets are found');
}

done_testing();
