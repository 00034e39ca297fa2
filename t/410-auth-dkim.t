#!/usr/bin/perl
#
# 410-auth-dkim.t -- DKIM signatures: what passes, and what verifies and yet
# proves nothing

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();

# RFC 8463 A.3: one message, two signatures.
my $rfc8463 = <<'EOT';
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
EOT
my $ed = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
my $rsa = 'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBT' .
    'zWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3Fut' .
    'ACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3' .
    'Ip3G+2kryOTIKT+l/K4w3QIDAQAB';
my %zone = (
	'brisbane._domainkey.football.example.com' => [[TXT => $ed]],
	'test._domainkey.football.example.com' => [[TXT => $rsa]],
);
my $dns = Gatepost::Dns->new(\%zone);

sub signatures {
	my ($message, %more) = @_;

	return $dns->auth([{ from => 'joe@football.example.com' }],
	    message => $message, ms => 1500, %more);
}

sub results {
	my ($answer) = signatures(@_);

	return join(' ', map { $_->{result} } @{$answer->{facts}{auth}{dkim}});
}

my ($whole) = signatures($rfc8463);
is_deeply([map { [@{$_}{qw(result domain selector algorithm)}, $_->{bits}] }
    @{$whole->{facts}{auth}{dkim}}],
    [['pass', 'football.example.com', 'brisbane', 'ed25519-sha256', undef],
     ['pass', 'football.example.com', 'test', 'rsa-sha256', 1024]],
    'the message of RFC 8463 passes twice, with d=, s=, a= and key size');
is(results($rfc8463 =~ s/hungry/angry/r), 'fail fail', 'a changed body');
is(results($rfc8463 =~ s/dinner/lunch/r), 'fail fail', 'a changed subject');
is(results($rfc8463 =~ s/^Subject:/subject :/mr), 'pass pass',
    'a header that is relaxed otherwise');
is(results("Received: by x\n" . $rfc8463), 'pass pass',
    'another field on top');
is(results($rfc8463 =~ s/a=ed25519-sha256/a=ed25519-md5/r),
    'permerror pass', 'an unknown algorithm spoils only its own');
is(results($rfc8463 =~ s/^(From:.*)$/$1\nFrom: b\@evil.example/mr),
    'fail fail', 'a second From, which h= denies');
is(results($rfc8463 =~ s/s=brisbane/s=bris(bane/r), 'permerror pass',
    'a selector that is no name is not asked for');

# Which function the library calls for a key, says the run-time linker.
my @bound = grep { /libopendkim\S* .* `d2i_PUBKEY_bio'/ } split(/\n/,
    qx{LD_DEBUG=bindings LD_BIND_NOW=1 @{[Gatepost::Test::program('gatepost-worker')]} </dev/null 2>&1});

like("@bound", qr{ to \S*gatepost-worker \[0\]},
    'the key of a signature comes from our store of decoded ones');

$dns->change({ %zone,
    'brisbane._domainkey.football.example.com' => [['TIMEOUT']],
    'test._domainkey.football.example.com' => [[TXT => "$rsa; t=y"]] });
is(results($rfc8463, ms => 700), 'temperror neutral',
    'a key without an answer is unsure; one in test mode proves nothing');
$dns->change({ 'brisbane._domainkey.football.example.com' =>
    [[TXT => 'v=DKIM1; k=ed25519; p=']] });
is(results($rfc8463), 'permerror permerror',
    'a revoked key, and one that is not there');

SKIP: {
	skip('libmail-dkim-perl is not installed', 13)
	    unless eval { require Mail::DKIM::Signer; 1 };
	my $dir = File::Temp->newdir;
	my %keys;

	foreach my $bits (512, 768, 2048) {
		# Some libraries make no short keys any more.
		system("openssl genrsa -traditional -out $dir/$bits $bits " .
		    "2>/dev/null") == 0 or next;
		my $public = `openssl rsa -in $dir/$bits -pubout 2>/dev/null`;

		$public =~ s/-----.*?-----|\s//g;
		$keys{$bits} = [[TXT => "v=DKIM1; k=rsa; p=$public"]];
	}
	$dns->change({ map { ("k$_._domainkey.signer.example" => $keys{$_}) }
	    keys %keys });

	my $sign = sub {
		my ($text, %how) = @_;
		my $bits = delete $how{bits} || 2048;
		my $signer = Mail::DKIM::Signer->new(
		    Algorithm => 'rsa-sha256', Method => 'relaxed/relaxed',
		    Domain => 'signer.example', Selector => "k$bits",
		    KeyFile => "$dir/$bits",
		    Headers => 'From:To:Subject', %how);

		$text =~ s/\r?\n/\r\n/g;
		$signer->PRINT($text);
		$signer->CLOSE;
		return $signer->signature->as_string . "\r\n" . $text;
	};
	my $plain = "From: a\@signer.example\nTo: b\@example.org\n" .
	    "Subject: hello\n\nSome text.\n";

	is(results($sign->($plain)), 'pass', 'signed by another library');
	is(results($sign->($plain, Method => 'simple/simple')), 'pass',
	    '... simple');
	SKIP: {
		skip('no short key can be made', 1) unless $keys{768};
		isnt(results($sign->($plain, bits => 768)), 'pass',
		    'a key of 768 bits is too short');
	}
	my ($sha1) = signatures($sign->($plain, Algorithm => 'rsa-sha1'));
	my $first = $sha1->{facts}{auth}{dkim}[0];

	is($first->{result}, 'fail', 'SHA-1 proves nothing');
	my $short = $sign->($plain);

	is(results($short . "More text.\r\n"), 'fail', 'text behind the end');

	# By hand, since no library signs what it should not.
	my $hand = sub {
		my ($from, $body, %tag) = @_;
		my $length = delete $tag{l};
		my %field = (from => "From: $from", subject => 'Subject: x');
		my $h = $tag{h} || 'from:subject';
		my $hash = Digest::SHA::sha256_base64(defined $length ?
		    substr($body, 0, $length) : $body);

		$hash .= '=' while length($hash) % 4;
		my $sig = "v=1; a=rsa-sha256; c=simple/simple; " .
		    "d=signer.example; s=k2048; h=$h; " .
		    (defined $length ? "l=$length; " : '') . "bh=$hash; b=";
		my $input = join('', map { "$field{$_}\r\n" } split(/:/, $h)) .
		    "DKIM-Signature: $sig";
		Gatepost::Test::write_file("$dir/input", $input);
		my $b = `openssl dgst -sha256 -sign $dir/2048 $dir/input | base64 -w0`;

		return "DKIM-Signature: $sig$b\r\n$field{from}\r\n" .
		    "$field{subject}\r\n\r\n$body";
	};
	my $from = 'a@signer.example';
	my $text = "Some text.\r\n\r\nEnd.\r\n";

	require Digest::SHA;
	is(results($hand->($from, $text)), 'pass', 'signed by hand');
	is(results($hand->($from, $text, l => length $text)), 'pass',
	    'l= over the whole body');
	is(results($hand->($from, $text, l => length $text) . "\r\n\r\n"),
	    'pass', '... and empty lines behind it are nothing');
	is(results($hand->($from, $text, l => length $text) . "More.\r\n"),
	    'fail', '... but text behind it is not covered');
	is(results($hand->($from, $text, l => 5)), 'fail',
	    'l= over its start alone');
	isnt(results($hand->($from, $text, h => 'subject')), 'pass',
	    'From is not covered');
	my $many = $plain;

	$many = $sign->($many) for 1 .. 10;
	my ($answer) = signatures($many);

	is(scalar @{$answer->{facts}{auth}{dkim}}, 8,
	    'of many signatures 8 are verified');
	ok((grep { $_ eq 'signatures-many' } @{$answer->{facts}{defects}}),
	    '... and that is a defect');
}

done_testing;
