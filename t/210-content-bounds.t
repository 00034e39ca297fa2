#!/usr/bin/perl
#
# 210-content-bounds.t -- mail beyond a bound is judged on what was read, says
# so, and becomes a candidate; what other readers trip over, it does not

use strict;
use warnings;

use FindBin;
use MIME::Base64 qw(encode_base64);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time);

my $site = Gatepost::Test->new(
    lists => { example => "block url bad.example\n" });
$site->start;

my $header = "From: a\@client.example\nTo: jane\@example.org\n" .
    "Subject: beyond\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n" .
    "Message-ID: <b\@client.example>\nMIME-Version: 1.0\n";
my $link = "http://bad.example/x\n";
my $line = 'x' x 70 . "\n";

sub multipart {
	my (@parts) = @_;

	return "Content-Type: multipart/mixed; boundary=b\n\n" .
	    join('', map { "--b\n$_" } @parts) . "--b--\n";
}

# A blocked link stands in the first part that is read, so that it must be
# found; without it the message is delivered.
sub nested {
	my ($depth, $first) = @_;
	my $text = "Content-Type: multipart/mixed; boundary=b1\n\n" .
	    "--b1\nContent-Type: text/plain\n\n$first\n";

	for my $n (2 .. $depth) {
		my $before = $n - 1;

		$text .= "--b$before\nContent-Type: multipart/mixed; " .
		    "boundary=b$n\n\n";
	}
	return $text . "--b$depth\nContent-Type: text/plain\n\nend\n";
}

# What: [ defect, the message with TEXT at its start ].
my @bounds = (
	[ '2,000 header fields', 'header-many', sub {
		$header . join('', map { "X-Field-$_: $_\n" } 1 .. 2000) .
		"\n$_[0]" } ],
	[ 'a header of 300 kB', 'header-l(?:arge|ong)', sub {
		$header . join('', map { "X-Long-$_: " . 'y' x 30_000 . "\n" }
		    1 .. 10) . "\n$_[0]" } ],
	[ 'a field of 300 kB', 'header-l(?:arge|ong)', sub {
		$header . 'X-Long: ' . 'y' x 300_000 . "\n\n$_[0]" } ],
	[ '100 multiparts in each other', 'mime-(?:deep|costly)', sub {
		$header . nested(100, $_[0]) } ],
	[ '2,000 parts', 'mime-(?:parts|costly)', sub {
		$header . multipart("Content-Type: text/plain\n\n$_[0]\n",
		    map { "Content-Type: text/plain\n\npart $_\n" }
		    1 .. 2000) } ],
	[ '600 links', 'urls-many', sub {
		"$header\n$_[0]" . join('', map {
		    "http://host$_.client.example/\n" } 1 .. 600) } ],
	[ '9 MB of text', 'text-large', sub {
		"$header\n$_[0]" . $line x 127_000 } ],
	[ '3 MB of text in one part', 'text-large', sub {
		$header . multipart("Content-Type: text/plain\n\n$_[0]" .
		    $line x 43_000, "Content-Type: text/plain\n\nend\n") } ],
	[ '10,000 tags', 'html-tags', sub {
		$header . "Content-Type: text/html\n\n<p>$_[0]</p>" .
		"<b>x</b>\n" x 10_000 } ],
	[ '30 MB', 'message-large', sub {
		"$header\n$_[0]" . $line x 425_000 } ],
);

sub post {
	my ($data) = @_;

	return $site->milter_message(from => 'a@client.example',
	    client => '192.0.2.7', rcpt => 'jane@example.org',
	    data => $data, timeout => 60);
}

sub try {
	my ($data) = @_;
	my $file = $site->dir . '/try.eml';

	Gatepost::Test::write_file($file, $data);
	return $site->json('try', $file, '--from', 'a@client.example',
	    '--rcpt', 'jane@example.org', '--ip', '192.0.2.7');
}

for my $case (@bounds) {
	my ($what, $defect, $make) = @$case;
	my $good = $make->("hello\n");
	my $begin = time;
	my $sent = post($good);

	is($sent->{verdict}, 'continue', "$what: delivered");
	cmp_ok(time - $begin, '<', 10, '... in time');
	my $tried = try($good);
	ok(!$tried->{facts}{complete}, '... not read whole');
	ok(scalar(grep { /^$defect\z/ } @{$tried->{facts}{defects}}),
	    "... for its $defect")
	    or diag(explain($tried->{facts}{defects}));
	my $decision = $tried->{decisions}[0];
	my ($shape) = grep { $_->{check} eq 'shape' }
	    @{$decision->{findings}};
	is($shape->{category} // '-', 'unknown',
	    '... a finding says so');
	like($shape->{reason} // '', qr/$defect/, '... and names it');
	is(scalar(grep { $_ eq 'truncated' } @{$decision->{candidate}}), 1,
	    '... it is a candidate');
	is($decision->{action}, 'deliver', '... and delivered');
	is(post($make->($link))->{verdict}, 'discard',
	    '... a block for what was read holds');
}
ok(Gatepost::Test::wait_for(10, sub {
	(grep { $_->{candidate} =~ /truncated/ }
	    @{$site->json('candidate', 'list', '--each', '--state',
    'all')->{items}}) == @bounds }),
    'their copies are in the candidate spool');

# Just within bounds all is read.
for ([ '900 header fields', $header . join('', map { "X-Field-$_: $_\n" }
	1 .. 900) . "\nhello\n" ],
    [ '40 multiparts in each other', $header . nested(40, "hello\n") ],
    [ '900 parts', $header . multipart(map {
	"Content-Type: text/plain\n\npart $_\n" } 1 .. 900) ],
    [ '400 links', "$header\n" . join('', map {
	"http://host$_.client.example/\n" } 1 .. 400) ],
    [ '1 MB of text', "$header\n" . $line x 14_000 ]) {
	my ($what, $data) = @$_;
	my $facts = try($data)->{facts};

	ok($facts->{complete}, "$what: read whole")
	    or diag(explain($facts->{defects}));
}

# Base64 goes on behind its padding, as mail programs read it.
my $tried = try($header . "Content-Type: text/html\n" .
    "Content-Transfer-Encoding: base64\n\naGk=\n" .
    encode_base64("<a href=\"http://bad.example/pad\">x</a>\n"));
is($tried->{decisions}[0]{action}, 'quarantine',
    'a link behind the padding of base64 is found');
ok(scalar(grep { $_ eq 'base64-after-padding' }
    @{$tried->{facts}{defects}}), '... and the padding is a defect');

# Encoded words behind one that ends in padding.
for ([ '=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=', 'Hello world' ],
    [ '=?UTF-8?B?QWxlcnQ6?= =?UTF-8?B?IFBheVBhbCBTZWN1cml0eQ==?=',
      'Alert: PayPal Security' ],
    [ '=?UTF-8?B?w6Q=?= =?UTF-8?Q?_=C3=B6?=', "\x{e4} \x{f6}" ],
    [ '=?UTF-8?B?ww==?= =?UTF-8?B?pA==?=', "\x{e4}" ]) {
	my ($raw, $shown) = @$_;
	my $facts = try($header =~ s/^Subject:.*$/Subject: $raw/mr .
	    "\nx\n")->{facts};

	is($facts->{subject}, $shown, "Subject: $raw");
	$facts = try($header =~ s/^From: /From: $raw </mr =~
	    s/^(From:.*)$/$1>/mr . "\nx\n")->{facts};
	is($facts->{from_name}, $shown, '... and the same as a name');
}

# A multipart without a boundary and an 8-bit parameter of 70 to 72 octets
# hangs or kills a reader by GMime 3.2.13.
for my $length (70 .. 72) {
	my $name = "\xe9" . 'n' x ($length - 1);
	my $data = $header . "Content-Type: multipart/mixed; $name=x\n\n" .
	    "http://bad.example/hidden\n";
	my $begin = time;

	is(post($data)->{verdict}, 'discard',
	    "a parameter of $length octets and no boundary: judged");
	cmp_ok(time - $begin, '<', 5, '... in time');
}
# Words and hosts without an end: what is looked for in them is looked for
# once, or a worker is lost to each.
for ([ 'one host of 100,000 ideographic full stops',
	'http://' . "a\xe3\x80\x82" x 100_000 . "b/\n" ],
    [ '100,000 hosts in one word',
	"http://a\xe3\x80\x82" x 100_000 . "\n" ],
    [ '200,000 colons in front of one',
	'a:' x 200_000 . 'http://' . "a\xe3\x80\x82" x 50_000 . "b/\n" ]) {
	my ($what, $text) = @$_;

	is(post("${header}Content-Type: text/plain; charset=utf-8\n\n" .
	    "$link$text")->{verdict}, 'discard', "$what: judged");
}
unlike($site->log, qr/worker-died|front-died/, 'nothing has died of it');
$site->stop;

done_testing();
