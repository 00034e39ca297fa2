#!/usr/bin/perl
#
# 460-auth-release.t -- a DKIM signature that passed still passes in the
# mailbox: after delivery with our edits, and after quarantine and release

use strict;
use warnings;

use File::Temp;
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();
plan(skip_all => 'libmail-dkim-perl is not installed')
    unless eval { require Mail::DKIM::Signer; 1 };
Gatepost::Test->need('root', 'postfix');

my $dir = File::Temp->newdir;
system("openssl genrsa -traditional -out $dir/key 2048 2>/dev/null") == 0
    or plan(skip_all => 'openssl makes no key');
my $public = `openssl rsa -in $dir/key -pubout 2>/dev/null`;
$public =~ s/-----.*?-----|\s//g;
my $dns = Gatepost::Dns->new({
	'k._domainkey.signer.example' =>
	    [[TXT => "v=DKIM1; k=rsa; p=$public"]],
	'_dmarc.signer.example' => [[TXT => 'v=DMARC1; p=reject']],
});
my $site = Gatepost::Test->new(
    lists => { example => "block sender held\@signer.example\n" },
    config => {
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 2 },
	release => { smtp => '127.0.0.1:@RELEASE_PORT@' },
    });
$site->start;
$site->postfix_start;

my @bodies = (
	['plain text', "Some text.\r\n"],
	['dots, 8-bit and long lines', ".one\r\n..two\r\n" .
	    "caf\xc3\xa9\r\n" . 'long ' x 150 . "\r\n"],
	['empty lines at the end', "Text.  \r\n\r\n  \r\n\r\n"],
	['nothing', ''],
);

sub sign {
	my ($text, $method) = @_;
	my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256',
	    Method => $method, Domain => 'signer.example', Selector => 'k',
	    KeyFile => "$dir/key",
	    Headers => 'From:To:Subject:Date:Message-ID:MIME-Version:' .
	    'Content-Type:Content-Transfer-Encoding');

	$signer->PRINT($text);
	$signer->CLOSE;
	return $signer->signature->as_string . "\r\n" . $text;
}

# What a verifier makes of MESSAGE.
sub results {
	my ($message) = @_;
	my ($answer) = $dns->auth([{ from => 'b@signer.example' }],
	    message => $message);
	my $auth = $answer->{facts}{auth};

	return join(' ', (map { $_->{result} } @{$auth->{dkim}}),
	    $auth->{dmarc});
}

sub text {
	my ($from, $id, $body) = @_;

	return "From:  Jane  <$from>\r\nTo: alice\@example.org\r\n" .
	    "Subject: two  blanks\r\n\tand a fold\r\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n" .
	    "Message-ID: <$id\@signer.example>\r\nMIME-Version: 1.0\r\n" .
	    "Content-Type: text/plain; charset=utf-8\r\n" .
	    "Content-Transfer-Encoding: 8bit\r\n\r\n$body";
}

# The delivered copy of ID, in the mail's own line ends.
sub delivered {
	my ($id) = @_;
	my $copy;

	Gatepost::Test::wait_for(20, sub {
		($copy) = grep { /^Message-ID: <\Q$id\E\@/m }
		    $site->mailbox('alice@example.org');
		$copy;
	});
	return ($copy // '') =~ s/\r?\n/\r\n/gr;
}

sub dkim_of {
	my ($id) = @_;
	my $record;

	Gatepost::Test::wait_for(10, sub {
		my $run = $site->gatepost('--json', 'why',
		    "<$id\@signer.example>");

		$record = $run->{code} == 0 ?
		    JSON::PP::decode_json($run->{out}) : undef;
	});
	return $record->{facts}{auth}{dkim}[0]{result};
}

# Above the signed fields: what we would take off.
my $above = "Authentication-Results: mx.example.org; dkim=pass\r\n" .
    "X-Gatepost-Verdict: clean\r\nAuthentication-Results: else.example; " .
    "dkim=none\r\n";
my $n = 0;

foreach my $method ('simple/simple', 'relaxed/relaxed') {
	foreach my $case (@bodies) {
		my ($name, $body) = @$case;
		my ($through, $held) = ('t' . ++$n, 'h' . $n);

		foreach my $mail (['open@signer.example', $through],
		    ['held@signer.example', $held]) {
			my $signed = sign(text(@$mail, $body), $method);

			is(results($signed), 'pass pass',
			    "$method, $name: signed") if $mail->[1] eq $held;
			is($site->smtp(from => 'b@signer.example',
			    rcpt => ['alice@example.org'],
			    client => '198.51.100.25',
			    raw => $above . $signed)->{data}[0], 250,
			    "$mail->[1] is taken");
		}
		is(results(delivered($through)), 'pass pass',
		    '... passes in the mailbox');
		is(dkim_of($held), 'pass', '... passed when it was held');
	}
}

my %shown = map { ($_->{id} => $_) }
    @{$site->json('quarantine', 'list')->{items}};
is(scalar(keys %shown), $n, 'all of them are held');
is($site->gatepost('quarantine', 'release', sort keys %shown)->{code}, 0,
    'release');
foreach my $i (1 .. $n) {
	my $copy = delivered("h$i");

	is(results($copy), 'pass pass',
	    "h$i passes in the mailbox, as it did before") or diag($copy);
	like($copy, qr/^Authentication-Results: mx\.example\.org;(?:\s[^\r]*\r\n)*?.*dkim=pass/m,
	    '... with our results in front');
	is(scalar(() = $copy =~ /^Authentication-Results: mx\.example\.org/mg),
	    1, '... and nobody else\'s under our name');
	like($copy, qr/^Authentication-Results: else\.example/m,
	    '... others\' stay');
}

$site->postfix_stop;
$site->stop;

# By sendmail(1) it comes by our milter again.
$site = Gatepost::Test->new(
    lists => { example => "block sender held\@signer.example\n" },
    config => {
	user => 'root', group => 'root',
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 2 },
	release => { sendmail => '@DIR@/sendmail' },
    });
Gatepost::Test::write_file($site->dir . '/sendmail',
    "#!/bin/sh\nexec sendmail -C " . $site->dir .
    "/postfix/etc \"\$@\"\n");
chmod(0755, $site->dir . '/sendmail');
$site->start;
$site->postfix_start;
$site->smtp(from => 'b@signer.example', rcpt => ['alice@example.org'],
    client => '198.51.100.25', raw => $above .
    sign(text('held@signer.example', 's1', $bodies[1][1]),
	'simple/simple'));
my ($item) = @{$site->json('quarantine', 'list')->{items}};
is($site->gatepost('quarantine', 'release', $item->{id})->{code}, 0,
    'release by sendmail(1)');
my $copy = delivered('s1');
is(results($copy), 'pass pass', '... passes in the mailbox');
is(scalar(() = $copy =~ /^Authentication-Results: mx\.example\.org/mg), 1,
    '... with our results, and nobody else\'s under our name')
    or diag($copy);

$site->postfix_stop;
$site->stop;
done_testing;
