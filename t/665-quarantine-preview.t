#!/usr/bin/perl
#
# 665-quarantine-preview.t -- a held message as text, as a page and as it is,
# with what was decided of it; each look stands in the audit log

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use MIME::Base64 qw(encode_base64);
use Test::More;

Gatepost::Test->need('root', 'postfix');

my $site = Gatepost::Test->new(
    lists => { example => "block sender evil.example\n" });

$site->start;
$site->postfix_start;

# A zip of one member, stored; the type that it claims is another.
sub zip_of {
	my ($name, $octets) = @_;
	my $crc = 0xffffffff;

	foreach my $octet (unpack('C*', $octets)) {
		$crc ^= $octet;
		$crc = $crc & 1 ? ($crc >> 1) ^ 0xedb88320 : $crc >> 1
		    for 1 .. 8;
	}
	$crc ^= 0xffffffff;
	my $same = pack('vvvvvVVVvv', 20, 0, 0, 0, 0x21, $crc,
	    length($octets), length($octets), length($name), 0);
	my $local = "PK\3\4$same$name$octets";
	my $central = "PK\1\2" . pack('v', 20) . $same .
	    pack('vvvVV', 0, 0, 0, 0, 0) . $name;

	return $local . $central . "PK\5\6" . pack('vvvvVVv', 0, 0, 1, 1,
	    length($central), length($local), 0);
}

my $zip = zip_of('run.exe', "MZ\x90\0\3\0\0\0 not really");
my $message = join("\r\n",
    'From: "Your Bank" <x@evil.example>, Other <y@other.example>',
    'Reply-To: <z@elsewhere.example>', 'To: Alice <alice@example.org>',
    'Subject: =?utf-8?q?Pay_now_http=3A//pay=2Eexample=2Ecom/=E2=80=AE?=',
    'Message-ID: <p1@evil.example>', 'Date: Sat, 21 Nov 2026 10:00:00 +0000',
    'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '',
    '--b', 'Content-Type: text/html; charset=utf-8', '',
    '<p>Dear <b>Alice</b>, <script>steal()</script>',
    '<a href="https://evil.example/login?a=1">www.bank.com</a>',
    '<span style="display:none">lottery</span>',
    '<img src="http://track.example.net/x.gif" onerror="steal()">',
    '<ul><li>one<li>two</ul><table><tr><td>cell</table>', '--b',
    'Content-Type: application/pdf; name="bill.pdf"',
    'Content-Transfer-Encoding: base64', '', encode_base64($zip, "\r\n") .
    '--b--', '');

is($site->smtp(from => 'x@evil.example',
    rcpt => [ 'alice@example.org', 'bob@example.org' ],
    client => '198.51.100.25', raw => $message)->{data}[0], 250,
    'a blocked message is taken');
my $id = $site->json('quarantine', 'list')->{items}[0]{id};

# --- text -----------------------------------------------------------------

my $run = $site->gatepost('quarantine', 'preview', $id);
my $text = $run->{out};

is($run->{code}, 0, 'preview') or diag($run->{err});
foreach my $of (
    [ qr/^From: "Your Bank" <x\@evil\.example>$/m, 'the first author' ],
    [ qr/^From: "Other" <y\@other\.example>$/m, 'every author' ],
    [ qr/^Reply-To: <z\@elsewhere\.example>$/m, 'where a reply goes' ],
    [ qr/^To: "Alice" <alice\@example\.org>$/m, 'to whom it says it is' ],
    [ qr/^Date: Sat, 21 Nov 2026 10:00:00 \+0000$/m, 'its date' ],
    [ qr{^Subject: Pay now hxxp://pay\[\.\]example\[\.\]com/\?$}m,
	'the subject, harmless' ],
    [ qr/^Item: $id$/m, 'its id' ],
    [ qr/^Client: .*198\.51\.100\.25/m, 'the client' ],
    [ qr/^MAIL FROM: x\@evil\.example$/m, 'the envelope' ],
    [ qr/^Authentication: \S/m, 'authentication' ],
    [ qr/^Held: held, for alice\@example\.org: .*block list/m,
	'why it is held' ],
    [ qr/^Held: held, for bob\@example\.org: /m, '... for each' ],
    [ qr/^  by policy: block_sender$/m, 'the policy' ],
    [ qr{^Dear\ Alice,\ www\[\.\]bank\[\.\]com\s
	<hxxps://evil\[\.\]example/login\?a=1>}mx,
	'text, and where a link leads' ],
    [ qr/\[hidden: lottery\]/, 'hidden text, marked' ],
    [ qr{^link:\ hxxps://evil\[\.\]example/login\?a=1\n
	\ \ shown\ as:\ www\[\.\]bank\[\.\]com$}mx,
	'the links' ],
    [ qr/^file: bill\.pdf$/m, 'the file' ],
    [ qr{^  declared as: application/pdf$}m, '... its declared type' ],
    [ qr{^  looks like: application/zip$}m, '... its real one' ],
    [ qr/^  size: @{[length($zip)]} octets$/m, '... its size' ],
    [ qr/^  sha256: @{[sha256_hex($zip)]}$/m, '... its hash' ],
    [ qr/^file: run\.exe\n  in: bill\.pdf$/m, 'what is in the archive' ],
    [ qr/^Defects:\n(?:defect: \S+\n)*defect: from-many$/m, 'defects' ]) {
	like($text, $of->[0], "text: $of->[1]");
}
unlike($text, qr{https?://|steal|[\x00-\x09\x0b-\x1f\x7f]},
    '... no link, no script, no control');
is($site->json('quarantine', 'preview', $id)->{preview}, $text,
    'as JSON it is the same');

# --- a page ---------------------------------------------------------------

my $page = $site->gatepost('quarantine', 'preview', '--html', $id)->{out};

like($page, qr/^<!DOCTYPE html>/, '--html: a page');
like($page, qr/Content-Security-Policy" content="default-src 'none'/,
    '... that forbids all loading');
like($page, qr{<ul><li>one</li><li>two</li></ul>}, '... lists');
like($page, qr{<table><tr><td>cell</td></tr></table>}, '... tables');
like($page, qr{Dear <b>Alice</b>}, '... letters');
like($page, qr{hxxps://evil\[\.\]example/login}, '... links as text');
like($page, qr{run\.exe}, '... files');
unlike($page, qr{src=|href=|\bon\w+=|javascript:|<script|<iframe|<img|
    url\(|https?://|steal}xi, '... nothing else');

# --- as it is -------------------------------------------------------------

is($site->gatepost('quarantine', 'preview', '--raw', $id)->{out}, $message,
    '--raw: the octets');
is($site->gatepost('quarantine', 'preview', '--raw', '--html', $id)->{code},
    64, 'not both');

my ($file) = glob($site->state_dir . "/quarantine/*/$id.eml");
my @audit = grep { $_->{what} eq 'previewed' }
    @{$site->json('quarantine', 'show', $id)->{audit}};

is(join(' ', map { $_->{detail} } @audit), 'text text page raw',
    'each look is noted');
is($audit[0]{via}, 'command', '... with its door');
ok($audit[0]{who}, '... and who it was');
Gatepost::Test::write_file($file, $message =~ s/Dear/dear/r);
foreach my $how ([], ['--html'], ['--raw']) {
	$run = $site->gatepost('quarantine', 'preview', @$how, $id);
	isnt($run->{code}, 0, "a changed item is not shown: @$how");
	is($run->{out}, '', '... not an octet of it');
}

$site->postfix_stop;
$site->stop;
done_testing;
