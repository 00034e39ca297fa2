#!/usr/bin/perl
#
# 235-content-clean.t -- what today's programs write is read whole, in every
# shape, charset and encoding, and has no defect

use strict;
use warnings;
use utf8;

use Encode qw(encode);
use FindBin;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use MIME::QuotedPrint qw(encode_qp);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $link = 'https://www.example.com/a?b=c&d=e';

# Text that a charset can write.
my %words = (
	'us-ascii' => 'Dear Jane', 'utf-8' => 'Größe, naïve — “日本” 😀',
	'iso-8859-1' => 'Größe, naïve', 'iso-8859-15' => 'Größe: 5 €',
	'windows-1252' => 'Größe — “naïve” 5 €',
	'iso-2022-jp' => '日本語のメール', 'shift_jis' => '日本語のメール',
	'euc-kr' => '한국어 메일', 'gb2312' => '简体中文邮件',
	'big5' => '繁體中文郵件', 'koi8-r' => 'Русское письмо',
	'windows-1251' => 'Русское письмо',
);

# --- building blocks ------------------------------------------------------

sub field {
	my ($charset, $text) = @_;

	return $text if $charset eq 'us-ascii';
	return "=?$charset?B?" . encode_base64(encode($charset, $text), '') .
	    '?=';
}

# Octets in a transfer encoding, with the fields that say so.
sub encoded {
	my ($encoding, $octets) = @_;

	return ($encoding, encode_base64($octets)) if $encoding eq 'base64';
	return ($encoding, encode_qp($octets))
	    if $encoding eq 'quoted-printable';
	return ($octets =~ /[^\x00-\x7f]/ ? '8bit' : '7bit', $octets);
}

# A part of text; how has charset, encoding and more parameters.
sub text {
	my ($how, $type, $text, $more) = @_;
	my ($encoding, $body) = encoded($how->{encoding},
	    encode($how->{charset}, $text));

	return "Content-Type: $type; charset=\"$how->{charset}\"" .
	    ($more // '') . "\nContent-Transfer-Encoding: $encoding\n\n$body";
}

sub plain {
	my ($how, $more) = @_;

	return text($how, 'text/plain',
	    "$how->{words},\n\nsee <$link>.\n\n-- \nJ. Doe\n", $more);
}

sub html {
	my ($how, $page) = @_;
	my $target = $link =~ s/&/&amp;/r;

	$page //= '';
	return text($how, 'text/html', "<!DOCTYPE html>\n<html><head><meta " .
	    "http-equiv=\"Content-Type\" content=\"text/html; charset=" .
	    "$how->{charset}\"><title>$how->{words}</title></head><body>\n" .
	    "<p>$how->{words},</p>\n$page<p>see <a href=\"$target\">this" .
	    "</a>.</p>\n</body></html>\n");
}

sub octets {
	my ($type, $fields, $octets) = @_;

	return "Content-Type: $type\n${fields}Content-Transfer-Encoding: " .
	    "base64\n\n" . encode_base64($octets // "%PDF-1.7\n\x00\xff" x 40);
}

sub multipart {
	my ($type, $boundary, @parts) = @_;

	return "Content-Type: multipart/$type;\n\tboundary=\"$boundary\"\n\n" .
	    "This is a multi-part message in MIME format.\n" .
	    join('', map { "--$boundary\n$_\n" } @parts) . "--$boundary--\n";
}

sub both {
	my ($how, $boundary, $page) = @_;

	return multipart('alternative', $boundary, plain($how),
	    html($how, $page));
}

sub inner {
	my ($how, $content) = @_;

	return "Content-Type: message/rfc822\n\nReturn-Path: <a\@b.example>\n" .
	    "From: " . field($how->{charset}, $how->{words}) .
	    " <a\@b.example>\nTo: jane\@example.org\nSubject: " .
	    field($how->{charset}, $how->{words}) . "\nDate: Sat, 21 Nov " .
	    "2026 09:00:00 +0000\nMIME-Version: 1.0\n$content";
}

# --- shapes ---------------------------------------------------------------

my $mso = <<'END';
<!--[if gte mso 9]><xml><o:OfficeDocumentSettings><o:AllowPNG/>
</o:OfficeDocumentSettings></xml><![endif]-->
<style><!-- /* Font Definitions */ @font-face {font-family:Calibri;}
p.MsoNormal {margin:0cm; font-size:11.0pt;} --></style>
<!--[if mso]><v:roundrect href="https://www.example.com/b" style="x"/>
<![endif]--><p class="MsoNormal"><span lang="DE" style='mso-fareast-language:
EN-US'>x<o:p></o:p></span></p><img src="cid:image001.png@01D9ABCD.1234">
END

my $news = <<'END';
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">Our
offers&zwnj;&nbsp;&zwnj;&nbsp;&#847;&shy;&#8203;</div>
<table background="https://img.example.com/bg.png"><tr><td
style="background:url('https://img.example.com/a.png')"><img
src="https://img.example.com/p.gif?u=1" srcset="https://img.example.com/1.png
1x, https://img.example.com/2.png 2x" width=1 height=1 alt=""></td></tr>
</table><a href="mailto:help@example.com?subject=x">Help</a>
<a href="tel:+4930123">Call</a> <a href="#top">Top</a>
<map name=m><area href="https://www.example.com/map"></map>
<a href="https://www.example.com/out">Unsubscribe</a>
END

my $calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\n" .
    "BEGIN:VEVENT\r\nUID:1\@b.example\r\nDTSTART:20261121T100000Z\r\n" .
    "ORGANIZER;CN=\"Doe, J.\":mailto:a\@b.example\r\nURL:$link\r\n" .
    "END:VEVENT\r\nEND:VCALENDAR\r\n";

my $status = "Content-Type: message/delivery-status\n\n" .
    "Reporting-MTA: dns; mx.b.example\nArrival-Date: Sat, 21 Nov 2026 " .
    "09:00:00 +0000\n\nFinal-Recipient: rfc822; x\@c.example\n" .
    "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no\n";

my @shapes = (
	[ 'plain text' => sub { plain($_[0]) } ],
	[ 'format=flowed' => sub {
		plain($_[0], '; format=flowed; delsp=yes') } ],
	[ 'HTML alone' => sub { html($_[0]) } ],
	[ 'Outlook' => sub {
		multipart('related; type="multipart/alternative"',
		    '----=_NextPart_000_0012_01D9ABCD.1234ABCD',
		    both($_[0], '----=_NextPart_001_0013_01D9ABCD.1234ABCD',
			$mso),
		    octets('image/png; name="image001.png"',
			"Content-ID: <image001.png\@01D9ABCD.1234>\n")) } ],
	[ 'Exchange' => sub {
		my $name = field($_[0]{charset}, $_[0]{words});

		multipart('mixed', '_004_AM0PR01MB1234ABCDAM0PR01MB1234eurp_',
		    both($_[0], '_000_AM0PR01MB1234ABCDAM0PR01MB1234eurp_'),
		    octets("application/pdf; name=\"$name\"",
			"Content-Description: $name\nContent-Disposition: " .
			"attachment; filename=\"$name\";\n\tsize=640; " .
			"creation-date=\"Sat, 21 Nov 2026 09:00:00 GMT\"\n"))
		} ],
	[ 'Gmail' => sub {
		multipart('mixed', '000000000000c0ffee05f0a1b2c3',
		    both($_[0], '000000000000c0ffee05f0a1b2c4'),
		    octets('application/pdf; name="a.pdf"',
			"Content-Disposition: attachment; filename=\"a.pdf\"" .
			"\nContent-ID: <f_lx1>\nX-Attachment-Id: f_lx1\n"))
		} ],
	[ 'Apple Mail' => sub {
		multipart('mixed', 'Apple-Mail=_1B2C3D4E-0001-4F5A',
		    plain($_[0], ";\n\tformat=flowed"),
		    octets("application/pdf;\n\tx-unix-mode=0644;\n\t" .
			"name=\"=?utf-8?Q?Gr=C3=B6=C3=9Fe=2Epdf?=\"",
			"Content-Disposition: inline;\n\tfilename*=utf-8''" .
			"Gr%C3%B6%C3%9Fe.pdf\n"), plain($_[0])) } ],
	[ 'a long name in pieces' => sub {
		multipart('mixed', 'b1_x', plain($_[0]),
		    octets('application/pdf', "Content-Disposition: " .
			"attachment;\n filename*0*=utf-8''Gr%C3%B6%C3%9Fe;\n" .
			" filename*1*=%20der%20Dinge;\n filename*2=.pdf\n"))
		} ],
	[ 'a newsletter' => sub {
		both($_[0], 'b1=_f3a9c2d18e7b6a5f4e3d2c1b0a99887766', $news)
		}, "List-Unsubscribe: <https://www.example.com/out>,\n" .
		" <mailto:out\@b.example>\nList-Id: News <n.b.example>\n" .
		"Precedence: bulk\n" ],
	[ 'AMP' => sub {
		multipart('alternative', 'amp', plain($_[0]),
		    text($_[0], 'text/x-amp-html', "<!doctype html><html amp4" .
			"email><body>$link</body></html>\n"), html($_[0])) } ],
	[ 'an invitation' => sub {
		multipart('mixed', 'cal', multipart('alternative', 'calalt',
			plain($_[0]), html($_[0]),
			text($_[0], 'text/calendar', $calendar,
			    '; method=REQUEST')),
		    octets('application/ics; name="invite.ics"',
			"Content-Disposition: attachment; filename=\"invite" .
			".ics\"\n", $calendar)) } ],
	[ 'a bounce' => sub {
		multipart('report; report-type=delivery-status',
		    'F00.1700000000/mx.b.example', plain($_[0]), $status,
		    inner($_[0], plain($_[0]))) },
	    "Auto-Submitted: auto-replied\n" ],
	[ 'a bounce with headers alone' => sub {
		multipart('report; report-type=delivery-status', 'B_1',
		    plain($_[0]), $status, "Content-Type: text/rfc822-headers" .
		    "\n\nReceived: from x by y; Sat, 21 Nov 2026 09:00:00 " .
		    "+0000\nFrom: a\@b.example\nSubject: x\n") } ],
	[ 'a receipt' => sub {
		multipart('report; report-type=disposition-notification',
		    'mdn', plain($_[0]), "Content-Type: message/disposition-" .
		    "notification\n\nFinal-Recipient: rfc822;a\@b.example\n" .
		    "Disposition: manual-action/MDN-sent-manually; displayed" .
		    "\n") } ],
	[ 'a feedback report' => sub {
		multipart('report; report-type=feedback-report', 'arf',
		    plain($_[0]), "Content-Type: message/feedback-report\n\n" .
		    "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n",
		    inner($_[0], html($_[0]))) } ],
	[ 'S/MIME, signed' => sub {
		multipart('signed; protocol="application/pkcs7-signature"; ' .
		    'micalg=sha-256', '----0A1B2C3D4E5F60718293A4B5C6D7E8F9',
		    both($_[0], 'inner'),
		    octets('application/pkcs7-signature; name="smime.p7s"',
			"Content-Disposition: attachment; filename=\"smime." .
			"p7s\"\n")) } ],
	[ 'PGP/MIME, signed' => sub {
		multipart('signed; micalg="pgp-sha512"; protocol="application' .
		    '/pgp-signature"', '=-=xYz/1+2', plain($_[0]),
		    "Content-Type: application/pgp-signature; name=\"openpgp-" .
		    "digital-signature.asc\"\nContent-Description: OpenPGP " .
		    "digital signature\n\n-----BEGIN PGP SIGNATURE-----\n\n" .
		    "iQEzBAABCgAdFiEE\n=AbCd\n-----END PGP SIGNATURE-----\n")
		} ],
	[ 'PGP in the text' => sub {
		text($_[0], 'text/plain', "-----BEGIN PGP SIGNED MESSAGE-----" .
		    "\nHash: SHA256\n\n$_[0]{words} $link\n-----BEGIN PGP " .
		    "SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n") } ],
	[ 'a message forwarded' => sub {
		multipart('mixed', 'fwd', plain($_[0]),
		    inner($_[0], both($_[0], 'fwdin'))) } ],
	[ 'a digest of a list' => sub {
		multipart('mixed', '===============1234567890==', plain($_[0]),
		    "Content-Type: multipart/digest; boundary=\"=====digest" .
		    "==\"\n\n--=====digest==\n\nFrom: a\@b.example\nSubject: " .
		    "1\n\n$link\n\n--=====digest==\n\nFrom: c\@b.example\n" .
		    "Subject: 2\nContent-Type: text/plain; charset=us-ascii" .
		    "\n\nx\n--=====digest==--\n") } ],
	[ 'a list with a footer' => sub {
		multipart('mixed', '===============0987654321==',
		    html($_[0]), "Content-Type: text/plain; charset=\"us-" .
		    "ascii\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: " .
		    "7bit\nContent-Disposition: inline\n\n" . '_' x 47 .
		    "\nx mailing list\nhttps://lists.example.org/\n") } ],
	[ 'a card and pictures' => sub {
		multipart('mixed', 'card', both($_[0], 'cardalt'),
		    text($_[0], 'text/vcard', "BEGIN:VCARD\r\nVERSION:3.0\r\n" .
			"FN:$_[0]{words}\r\nEND:VCARD\r\n", '; name="x.vcf"'),
		    octets('image/jpeg', "Content-Disposition: inline; " .
			"filename=IMG_0001.jpeg\n")) } ],
	[ 'blanks in a boundary' => sub {
		both($_[0], '= Multipart Boundary 1030021620') } ],
	[ 'text with lines like delimiters' => sub {
		multipart('mixed', 'sep', text($_[0], 'text/plain',
			"$_[0]{words}\n--\n---\n--- a/file.c\n+++ b/file.c\n" .
			"--sepia\n----------\n$link\n-- \nx\n"),
		    plain($_[0])) } ],
);

# --- all of them ----------------------------------------------------------

my ($n, @made) = (0);
my $site = Gatepost::Test->new;

sub make {
	my ($shape, $charset, $encoding) = @_;
	my ($name, $content, $fields) = @$shape;
	my $how = { charset => $charset, encoding => $encoding,
		    words => $words{$charset} };
	my $shown = field($charset, $how->{words});
	my $text = "Return-Path: <a\@b.example>\nReceived: from b.example " .
	    "(b.example [192.0.2.1])\n\tby mx.example.org (Postfix) with " .
	    "ESMTPS id 4Xy2b\n\tfor <jane\@example.org>; Sat, 21 Nov 2026 " .
	    "10:00:00 +0000 (UTC)\nDKIM-Signature: v=1; a=rsa-sha256; " .
	    "d=b.example; s=x;\n\th=From:To; bh=YQ==; b=YQ==\n" .
	    "From: $shown <a\@b.example>\nTo: \"Doe, Jane\" " .
	    "<jane\@example.org>,\n\tteam: x\@example.org;\n" .
	    "Subject: $shown\n $shown\nDate: Sat, 21 Nov 2026 10:00:00 " .
	    "+0100 (CET)\nMessage-ID: <$n\@b.example>\n" .
	    ($fields // '') . "MIME-Version: 1.0 (x)\n" . $content->($how);

	$text =~ s/\r\n/\n/g;
	$text =~ s/\n/\r\n/g if $n % 2;
	push(@made, [ "$name, $charset, $encoding" .
	    ($n % 2 ? ', CRLF' : ''), $site->dir . "/$n.eml" ]);
	Gatepost::Test::write_file($made[-1][1], $text);
	$n++;
}

my @encodings = ('as it is', 'quoted-printable', 'base64');
foreach my $shape (@shapes) {
	my $turn = 0;

	make($shape, $_, $encodings[$turn++ % 3]) foreach sort keys %words;
	make($shape, 'utf-8', $_) foreach @encodings;
}
cmp_ok($n, '>=', 300, 'there are enough of them');

my $run = $site->run(Gatepost::Test::program('facts'),
    map { $_->[1] } @made);
my @lines = split(/\n/, $run->{out});

is($run->{code}, 0, 'the reader ends well');
is(scalar(@lines), $n, '... and has read all');
my (@odd, @cut, @blind);
foreach my $i (0 .. $#lines) {
	my ($json) = $lines[$i] =~ /\t(.*)/;
	my $facts = decode_json($json);
	my $name = $made[$i][0];

	push(@odd, "$name: @{$facts->{defects}}") if $facts->{defects};
	push(@cut, $name) if !$facts->{complete};
	push(@blind, $name)
	    unless grep { $_->{url} eq $link } @{$facts->{urls} // []};
}
is(scalar(@odd), 0, 'none has a defect') or diag(map { "$_\n" } @odd);
is(scalar(@cut), 0, '... all are read whole') or diag(map { "$_\n" } @cut);
is(scalar(@blind), 0, '... and the link is found in all')
    or diag(map { "$_\n" } @blind);

done_testing();
