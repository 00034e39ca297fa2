#!/usr/bin/perl
#
# 330-lists-values.t -- what the values of entries match in a message: links
# in wrappers, names that only look alike, names of files, pairs of sender and
# infrastructure, patterns

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = "auth.local"; ' .
	'headers = [ ]; strips = true; } );',
    tenant => { people => ['Bob Boss'] },
    lists => { example => <<'END' });
block   url      evil.example/login
block   url      *.deep.example/a/*
allow   url      good.path.example/ok
block   url      path.example
allow   spoof    example.org      mailer.example
allow   spoof    jane@example.org 198.51.100.25
block   spoof    *                198.51.100.0/24
block   spoof    bank.example     *
allow   spoof    shop.example     *
block   spoof    dkim.example     signer.example
block   url      /a.*a.*a.*[bc]$/
block   url      /^http:\/\/[a-z]+\.reg\.example\/[0-9]+$/
block   sender   jörg@bücher.example
block   sender   a%22b%2Bc%20d@odd.example
block   envelope *.xn--bcher-kva.example
block   envelope <>               for=nobody@example.org
observe envelope <>               note=none
block   name     "Jane Director"  except=proven.example
block   filename *.pdf.exe
block   filename *.scr
END
$site->start;

# What `try` makes of a message: { facts, decisions }.
sub try {
	my (%mail) = @_;
	my $file = $site->dir . '/try.eml';
	my $from = $mail{from} // 'x@plain.example';

	Gatepost::Test::write_file($file, "From: $from\nTo: j\@example.org\n" .
	    "Subject: x\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <a\@b.example>\nMIME-Version: 1.0\n" .
	    ($mail{header} // "Content-Type: text/plain; charset=utf-8\n") .
	    "\n" . ($mail{body} // "text\n"));
	return $site->json('try', $file, '--from',
	    $mail{envelope} // 'x@plain.example', '--rcpt',
	    'jane@example.org', '--ip', $mail{ip} // '192.0.2.7');
}

sub action { return try(@_)->{decisions}[0]{action} }

# ---- links ----

my $safe = 'https://eur01.safelinks.protection.outlook.com/?url=';
my $inner = 'http%3A%2F%2Fevil.example%2Flogin%3Fid%3D7';
my $tried = try(body => "$safe$inner&data=1\n");
my @urls = @{$tried->{facts}{urls}};

is($tried->{decisions}[0]{action}, 'quarantine',
    'a link in a wrapper is matched');
is(scalar @urls, 2, '... both hops are facts');
is($urls[1]{url}, 'http://evil.example/login?id=7', '... the inner one');
is($urls[1]{wrapper}, $urls[0]{url}, '... says what it was taken out of');
is($urls[0]{wrapper}, undef, '... and the outer one stood in the message');
like($tried->{decisions}[0]{because}{reason},
    qr{evil\.example/login\?id=7 is on the block list},
    '... the reason names the inner link');
is(action(body => "http://evil.example/logout\n"), 'deliver',
    'another page is none');
is(action(body => "http://x.deep.example/a/b\n"), 'quarantine',
    'a folder below a host');
is(action(body => "http://deep.example/a/b\n"), 'deliver',
    '... not of the host itself');
is(action(body => "http://good.path.example/ok\n"), 'deliver',
    'the narrower allow frees its page');
is(action(body => "http://good.path.example/ok?x\n"), 'quarantine',
    '... and no other');
is(action(body => "http://www.example.com/?go=path.example\n"),
    'quarantine', 'a blocked host inside another link');
$tried = try(header => "Content-Type: text/html\n",
    body => "<a href=\"${safe}http%3A%2F%2Fshop.example%2F\">" .
    "www.shop.example</a>\n");
is_deeply($tried->{decisions}[0]{candidate}, [],
    'a wrapper that leads where its text says is not suspected');
$tried = try(header => "Content-Type: text/html\n",
    body => "<a href=\"${safe}http%3A%2F%2Fother.example%2F\">" .
    "www.shop.example</a>\n");
is_deeply($tried->{decisions}[0]{candidate},
    ['link-text', 'links-elsewhere'],
    '... one that leads elsewhere is');

# ---- pairs ----

my $results = 'Authentication-Results: auth.local; ';
my $none = "${results}spf=fail smtp.mailfrom=example.org\n";

# Decision about a From by way of an address, with what an upstream says.
sub pair {
	my ($from, $ip, $header) = @_;

	return try(from => $from, ip => $ip, header => $header // $none)
	    ->{decisions}[0];
}

my $decision = pair('boss@example.org', '192.0.2.7');
is($decision->{category}, 'spoof', 'our own domain without proof is a spoof');
$decision = pair('boss@example.org', '192.0.2.7',
    "${results}spf=fail smtp.mailfrom=example.org; " .
    "dkim=pass header.d=eu.mailer.example header.s=k\n");
is($decision->{action}, 'deliver',
    '... but not by an allowed signer, or one below it');
is($decision->{row}, 6, '... delivered by row 6');
is_deeply($decision->{candidate}, [], '... and not suspected');
$decision = pair('boss@example.org', '192.0.2.7',
    "${results}dkim=fail header.d=mailer.example header.s=k\n");
is($decision->{category}, 'spoof', 'a signature that failed is no signer');
$decision = pair('boss@example.org', '192.0.2.7',
    "${results}dmarc=fail (p=reject) header.from=example.org; " .
    "dkim=pass header.d=mailer.example header.s=k\n");
is($decision->{action}, 'deliver', 'the pair lifts a DMARC failure, too');
$decision = pair('joe@elsewhere.example', '198.51.100.9');
is($decision->{category}, 'spoof', 'nobody may spoof from that network');
is($decision->{action}, 'quarantine', '... and block_spoof says what to do');
is($decision->{row}, 1, '... by row 1');
like($decision->{because}{reason}, qr/by way of 198\.51\.100\.9 is on the/,
    '... the reason names both sides');
is(pair('joe@elsewhere.example', '198.51.101.9')->{action}, 'deliver',
    '... nor is it asked for outside');
is(pair('joe@elsewhere.example', '198.51.100.9', $results .
    "spf=pass smtp.mailfrom=elsewhere.example\n")->{action}, 'deliver',
    'a From with proof is no spoof');
is(pair('joe@elsewhere.example', '198.51.100.9', "X-A: b\n")->{action},
    'deliver', 'without an upstream nobody knows, and no pair is asked for');
is(pair('joe@elsewhere.example', '198.51.100.9', $results .
    "spf=temperror smtp.mailfrom=elsewhere.example\n")->{action},
    'deliver', 'a look-up that failed is no spoof');
is(pair('jane@example.org', '198.51.100.25')->{action}, 'deliver',
    'the narrower pair wins');
is(pair('boss@example.org', '198.51.100.25')->{action}, 'quarantine',
    '... for that user alone');
is(pair('x@bank.example', '192.0.2.7')->{action}, 'quarantine',
    'a domain that nobody may spoof');
is(pair('x@www.bank.example', '192.0.2.7')->{action}, 'deliver',
    '... is that domain alone');
is(pair('x@shop.example', '192.0.2.7', $results .
    "dmarc=fail (p=reject) header.from=shop.example\n")->{action},
    'deliver', 'one that anybody may');
is(pair('x@dkim.example', '192.0.2.7', $none =~ s/\n//r .
    "; dkim=pass header.d=a.signer.example\n")->{action}, 'quarantine',
    'a block by the signer');
is(pair('x@shop.example, boss@example.org', '192.0.2.7')->{category},
    'spoof', 'a pair does not speak for a second author');

# The name of a client is what the MTA confirmed.
sub by_name {
	my ($name, $header) = @_;
	my $id = ++(our $count) . '@name.example';

	$site->milter_message(client => '192.0.2.7', client_name => $name,
	    from => 'x@plain.example', rcpt => 'jane@example.org',
	    data => $header . "From: boss\@example.org\nSubject: x\n" .
	    "Message-ID: <$id>\n\nx\n");
	Gatepost::Test::wait_for(10, sub {
		$site->gatepost('why', $id)->{code} == 0 });
	return $site->json('why', $id)->{decisions}[0];
}

is(by_name('mx.mailer.example', $none)->{row}, 6,
    'a client with a confirmed name');
is(by_name('mx.elsewhere.example', $none)->{category}, 'spoof',
    '... not another one');
is(by_name('[192.0.2.7]', $none)->{category}, 'spoof', '... nor without');
is(by_name('mx.mailer.example', $none .
    "${results}iprev=fail policy.iprev=192.0.2.7\n")->{category}, 'spoof',
    '... nor when an upstream says that it is not confirmed');
my $found = $site->gatepost('list', 'find', 'spoof', 'boss@example.org',
    'a.mailer.example');
like($found->{out}, qr/^-> allow spoof example\.org mailer\.example/m,
    'list find knows pairs');

# ---- senders and envelopes ----

is(action(from => $_->[0]), 'quarantine', "a sender: $_->[1]")
    for ['jörg@bücher.example', 'as it is written'],
    ["jo\x{308}rg\@bücher.example", 'composed or not'],
    ['JÖRG@xn--bcher-kva.example', 'by its A-label, in any case'],
    ['"a\"b+c d"@odd.example', 'with special characters'];
is(action(from => 'jorg@bücher.example'), 'deliver',
    '... an accent is a difference');
is(action(envelope => 'x@mail.bücher.example'), 'quarantine',
    'an envelope domain of Unicode');
is(action(envelope => '<>'), 'deliver', 'the null sender, for another');
my ($null) = grep { ($_->{kind} // '') eq 'envelope' }
    @{try(envelope => '<>')->{decisions}[0]{findings}};
like($null->{reason}, qr/^the envelope sender <> is on the/,
    '... is named as people write it');

# ---- patterns ----

is(action(body => "http://www.reg.example/12345\n"), 'quarantine',
    'a link by a regular expression');
my $costly = 'http://www.example.com/' . 'a' x 6000;
$decision = try(body => "$costly\n")->{decisions}[0];
my ($fault) = grep { $_->{effect} eq 'say' } @{$decision->{findings}};
is($decision->{category}, 'unknown',
    'a pattern that takes too long makes the message unknown');
like($fault->{reason}, qr{a\.\*a\.\*.* took too many steps},
    '... and a finding says which');
like($fault->{place}, qr/example\.list:11$/, '... and where it stands');
ok(@{$decision->{candidate}}, '... and it is a candidate');
$decision = try(body => join('', map { "$costly$_\n" } 10 .. 40))
    ->{decisions}[0];
like($decision->{findings}[-1]{reason}, qr/patterns had taken what one/,
    'all patterns together are bounded, and it is said once');
cmp_ok(scalar @{$decision->{findings}}, '<', 20, '... once');
$site->milter_message(client => '192.0.2.7', from => 'x@plain.example',
    rcpt => 'jane@example.org', data => "From: x\@plain.example\n" .
    "Subject: x\n\n$costly\n");
ok($site->wait_log(qr/pattern-given-up entry=\w{13} place=\S+:11 reason="/,
    10), 'the log names the entry of a pattern that was given up');
my $checked = $site->gatepost('list', 'add', 'block', 'sender',
    '/^(a+)+$/');
isnt($checked->{code}, 0, 'a pattern without end is refused');
like($checked->{err}, qr{backtracks without end, as on "a+"},
    '... with what it does not end on');

# ---- names ----

is(action(from => "\"$_->[0]\" <x\@plain.example>"), 'quarantine',
    "a name: $_->[1]") for ['Jane Director', 'as it is written'],
    ['JANE   director', 'in any case, with more blanks'],
    ["J\x{430}ne Dir\x{435}ctor", 'with letters of another script'],
    ["\x{408}\x{410}NE DIRECTOR", 'with large ones'],
    ['Jane D1rector', 'with a digit'],
    ["\x{ff2a}ane Director", 'in full width'],
    ["Jane\x{200b} Director", 'with what does not show'];
is(action(from => '"Jané Director" <x@plain.example>'), 'deliver',
    '... an accent is a difference');
my $proof = "${results}spf=pass smtp.mailfrom=proven.example\n";
is(action(from => '"Jane Director" <jane@proven.example>',
    header => $proof), 'deliver', 'except= frees a proven domain');
is(action(from => '"Jane Director" <jane@proven.example>'), 'quarantine',
    '... not one without proof');
$decision = try(from => "\"B\x{43e}b Boss\" <x\@plain.example>")
    ->{decisions}[0];
is_deeply($decision->{candidate}, ['name-of-ours'],
    'who looks like one of ours is suspected');

# ---- names of files ----

# A part whose disposition has these parameters.
sub file {
	my ($disposition, $type) = @_;

	return action(header => "Content-Type: multipart/mixed; boundary=b\n",
	    body => "--b\nContent-Type: application/octet-stream" .
	    ($type // '') . "\nContent-Disposition: attachment; " .
	    "$disposition\n\nx\n--b--\n");
}

is(file($_->[0], $_->[2]), 'quarantine', "a file: $_->[1]")
    for ['filename="invoice.pdf.exe"', 'two extensions'],
    ['filename="INVOICE.PDF.EXE"', 'in any case'],
    ['filename="invoice.pdf               .exe"', 'blanks before the last'],
    ['filename="invoice.pdf.exe. ."', 'dots and blanks at the end'],
    ["filename*=utf-8''rep%E2%80%AEtxt.scr", 'turned, as it is stored'],
    ["filename*=utf-8''a%E2%80%AErcs.b%E2%80%AC", 'turned, as it is shown'],
    ['filename="a.txt"', 'another candidate name', '; name="b.scr"'],
    ["filename=\"a.txt\"; filename*=utf-8''b.scr", 'the one of RFC 2231'];
is(file('filename="invoice.pdf"'), 'deliver', 'another file is none');

$site->stop;
done_testing();
