#!/usr/bin/perl
#
# 225-content-url.t -- a link leads where the standard of browsers says: the
# rows of the Web Platform Tests, each a link of a message

use strict;
use warnings;

use FindBin;
use JSON::PP qw(decode_json);
use Socket qw(inet_ntop inet_pton AF_INET6);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $corpus = $ENV{GATEPOST_CORPUS} // "$FindBin::Bin/../../shared/corpus";
my $file = "$corpus/url/urltestdata.json";

plan(skip_all => 'no urltestdata.json; set GATEPOST_CORPUS')
    unless -f $file;

# Blanks go, as the standard's step 1 to 3 have it.
sub scheme {
	my ($input) = @_;

	$input =~ s/\A[\x00-\x20]+|[\t\r\n]+//g;
	return $input =~ /\A([a-z][a-z0-9+.-]*):/i ? lc($1) : '';
}

# A row that a message can carry: no NULs, which HTML replaces, no halves of
# characters, which UTF-8 has not.
sub fits {
	my ($row) = @_;

	return ref $row && scheme($row->{input}) =~ /^(?:https?|ftp)\z/ &&
	    "$row->{input}" !~ /[\x00\x{d800}-\x{dfff}]/;
}

sub html {
	my ($text) = @_;

	return join('', map { '&#' . ord($_) . ';' } split(//, $text));
}

sub host {
	my ($host) = @_;

	return undef unless defined $host && length $host;
	$host =~ s/^\[|\]\z//g;
	return inet_ntop(AF_INET6, inet_pton(AF_INET6, $host))
	    if $host =~ /:/;
	return $host =~ s/\.\z//r;
}

my @rows = grep { fits($_) }
    @{decode_json(Gatepost::Test::read_file($file))};
my $site = Gatepost::Test->new;
my @files;

foreach my $row (@rows) {
	my $base = $row->{base} && $row->{base} =~ /^(?:https?|ftp):/ ?
	    '<base href="' . html($row->{base}) . '">' : '';

	push(@files, $site->dir . '/' . @files . '.eml');
	Gatepost::Test::write_file($files[-1],
	    "From: a\@b.example\nContent-Type: text/html\n\n$base<a href=\"" .
	    html($row->{input}) . "\">x</a>\n");
}
my $run = $site->run(Gatepost::Test::program('facts'), @files);
my @lines = split(/\n/, $run->{out});

is($run->{code}, 0, 'the reader ends well');
is(scalar(@lines), scalar(@rows), '... and has read all');

my ($same, @other, @missed) = (0);
foreach my $i (0 .. $#rows) {
	my $row = $rows[$i];
	my ($json) = $lines[$i] =~ /\t(.*)/;
	my $first = decode_json($json)->{urls}[0];
	my $got = $first ? host($first->{host}) : undef;
	my $wanted = $row->{failure} ? undef : host($row->{hostname});
	my $what = "$row->{input}: " . ($got // 'none') . ', not ' .
	    ($wanted // 'none');

	if (($got // '') eq ($wanted // '')) {
		$same++;
	} elsif (defined $got && defined $wanted) {
		push(@other, $what);
	} else {
		push(@missed, $what);
	}
}
diag(sprintf('%d of %d have the host of the standard', $same,
    scalar(@rows)));
cmp_ok($same, '>=', 0.98 * @rows, 'nearly all have its host')
    or diag(map { "$_\n" } @missed);
is(scalar(@other), 0, '... and none has another one')
    or diag(map { "$_\n" } @other);

done_testing();
