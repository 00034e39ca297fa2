#!/usr/bin/perl
#
# 435-auth-composite.t -- all of authentication in one word, and a trusted
# list's ARC seal: by "try" and in the path of mail

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();

my %zone = (
	'strict.test' => [[TXT => 'v=spf1 ip4:192.0.2.1 -all']],
	'_dmarc.strict.test' => [[TXT => 'v=DMARC1; p=reject']],
	'bare.test' => [[A => '198.51.100.9'], [MX => '10 in.mailhost.test']],
	'1.2.0.192.in-addr.arpa' => [[PTR => 'mx.bare.test']],
	'mx.bare.test' => [[A => '192.0.2.1']],
	'2.2.0.192.in-addr.arpa' => [[PTR => 'claim.bare.test']],
	'3.2.0.192.in-addr.arpa' => [[PTR => 'out.mailhost.test']],
	'out.mailhost.test' => [[A => '192.0.2.3']],
	'4.2.0.192.in-addr.arpa' => [[PTR => 'www.example.org']],
	'www.example.org' => [[A => '192.0.2.4']],
	'deaf.test' => [['TIMEOUT']], '_dmarc.deaf.test' => [['TIMEOUT']],
	'k._domainkey.deaf.test' => [['TIMEOUT']],
);
my $dns = Gatepost::Dns->new(\%zone);
my $sealed = 'Authentication-Results: rspamd.example.org; arc=pass';
my $site = Gatepost::Test->new(
    lists => { example => "allow sender a\@bare.test\n" },
    config => {
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 2 },
	arc_sealers => ['lists.test', '*.sealer.test'],
	upstreams => [
	    { name => 'rspamd', authserv_id => 'rspamd.example.org',
	      strips => \1 },
	    { name => 'lax', authserv_id => 'lax.example.org' },
	],
    });

sub text {
	my ($from, @fields) = @_;

	return join('', map { "$_\r\n" } @fields) . "From: $from\r\n" .
	    "To: jane\@example.org\r\nSubject: x\r\n\r\nhello\r\n";
}

my $envelope = 'x@other.test';

sub try {
	my ($from, $client, @fields) = @_;
	my $file = $site->dir . '/try.eml';

	Gatepost::Test::write_file($file, text($from, @fields));
	return $site->json('try', $file, '--from', $envelope, '--rcpt',
	    'jane@example.org', '--ip', $client, '--helo', 'h.other.test');
}

$site->start;
my @cases = (
	['no host of it', 'a@bare.test', '203.0.113.5', 'fail', '001'],
	['a confirmed host', 'a@bare.test', '192.0.2.1', 'pass', '103'],
	['a host that only claims', 'a@bare.test', '192.0.2.2', 'softpass',
	    '202'],
	['of its mail hosts', 'a@bare.test', '192.0.2.3', 'pass', '116'],
	['in its network', 'a@bare.test', '198.51.100.77', 'softpass',
	    '201'],
	['p=reject', 'a@strict.test', '192.0.2.1', 'fail', '000'],
	['no answer', 'a@deaf.test', '192.0.2.1', 'unsure', '112'],
	['ours', 'a@example.org', '203.0.113.5', 'fail', '601'],
	['ours, by a host of ours', 'a@example.org', '192.0.2.4', 'pass',
	    '103'],
);

foreach my $case (@cases) {
	my ($name, $from, $client, $word, $reason) = @$case;
	my $auth = try($from, $client)->{facts}{auth};

	is("$auth->{composite} $auth->{reason}", "$word $reason", $name);
	like($auth->{sentence}, qr/\w+ \w+/, '... with a sentence');
}

# What an implicit pass does, and does not.
my $decision = try('a@example.org', '203.0.113.5')->{decisions}[0];
is($decision->{because}{check}, 'auth', 'our domain, unproven, is a finding');
$decision = try('a@example.org', '192.0.2.4')->{decisions}[0];
is_deeply($decision->{findings}, [], '... by a host of ours it is none');
$decision = try('a@bare.test', '192.0.2.1')->{decisions}[0];
is($decision->{because}, undef, 'an implicit pass proves no allow');

# Whoever spoofs us chooses whose servers give no answer: his own domains'.
my $signature = 'DKIM-Signature: v=1; a=rsa-sha256; d=deaf.test; s=k; ' .
    'h=from; bh=' . 'A' x 43 . '=; b=' . 'A' x 342 . '==';
foreach my $case (
    ['as MAIL FROM', 'x@deaf.test', 'a@example.org'],
    ['in a signature', 'x@other.test', 'a@example.org', $signature],
    ['as another author', 'x@other.test', 'b@deaf.test, a@example.org'],
    ['as another author behind ours', 'x@other.test',
	'a@example.org, b@deaf.test']) {
	my ($name, $from, $authors, @fields) = @$case;

	$envelope = $from;
	$decision = try($authors, '203.0.113.5', @fields)->{decisions}[0];
	is($decision->{because}{check}, 'auth',
	    "our domain, unproven, with a domain that is silent $name");
	is($decision->{category}, 'spoof', '... is spoofed');
}
$envelope = 'x@deaf.test';
$decision = try('a@deaf.test', '203.0.113.5')->{decisions}[0];
is_deeply([grep { $_->{effect} ne 'unsure' } @{$decision->{findings}}], [],
    "From of that domain itself is unsure, and no spoof");
$envelope = 'x@other.test';

# A seal lifts the failure, and nothing else.
my @seals = (
	['a trusted seal', 'deliver',
	    "$sealed arc.chain=lists.test"],
	['... as rspamd writes it', 'deliver',
	    qq($sealed ("lists.test:s=arc:i=1"))],
	['two trusted seals', 'deliver',
	    qq($sealed arc.chain="a.sealer.test:lists.test")],
	['... above one that is not', 'junk',
	    qq($sealed arc.chain="lists.test:evil.test")],
	['... that is not named', 'junk',
	    qq($sealed ("lists.test:s=arc:i=2"))],
	['... below one that is not', 'junk',
	    qq($sealed arc.chain="evil.test:lists.test")],
	['a seal of nobody', 'junk', 'junk', $sealed],
	['a broken seal', 'junk',
	    $sealed =~ s/pass/fail/r . ' arc.chain=lists.test'],
	['two results: the worst counts', 'junk',
	    "$sealed arc.chain=lists.test", $sealed =~ s/pass/fail/r],
	['from who does not strip', 'junk',
	    "$sealed arc.chain=lists.test" =~ s/rspamd/lax/r],
	['from who is no upstream', 'junk',
	    "$sealed arc.chain=lists.test" =~ s/rspamd/evil/r],
);

foreach my $case (@seals) {
	my ($name, $action, @fields) = @$case;
	my $out = try('a@strict.test', '203.0.113.5', @fields);
	my $reason = $action eq 'deliver' ? '130' : '000';

	is($out->{decisions}[0]{action}, $action, $name);
	is($out->{facts}{auth}{reason}, $reason, '... its reason');
}
my $out = try('a@strict.test', '203.0.113.5',
    "$sealed arc.chain=lists.test");
is($out->{facts}{auth}{arc_domain}, 'lists.test', 'the sealer is a fact');
like($out->{decisions}[0]{findings}[0]{struck}, qr/lists\.test.*sealed/,
    'the failure is kept, and why it does not count');
is(try('a@example.org', '203.0.113.5', "$sealed arc.chain=lists.test")
    ->{decisions}[0]{action}, 'deliver', 'our own domain back from a list');

# In the path of mail.
sub mail {
	my ($sender, @fields) = @_;
	my @records;

	my $mail = $site->milter_message(from => $sender, rcpt =>
	    'jane@example.org', client => '203.0.113.5', helo =>
	    'h.other.test', data => text('a@strict.test', @fields));
	Gatepost::Test::wait_for(10, sub {
		@records = @{$site->json('trace', '--envelope',
		    $sender)->{records}};
	});
	return ($mail, $records[0]);
}

my ($mail, $record) = mail('x@list.test', "$sealed arc.chain=lists.test");
my ($edit) = grep { $_->[0] eq 'insheader' &&
    grep { lc($_ // '') eq 'authentication-results' } @$_ } @{$mail->{edits}};
like($edit->[-1], qr/compauth=pass reason=130\z/,
    'our results end with it');
like($edit->[-1], qr/;\s+arc=pass \([^()]+\) arc\.chain="lists\.test";/,
    '... and have what the upstream says of ARC');
is($record->{decisions}[0]{action}, 'deliver', 'sealed mail is delivered');
is($record->{facts}{auth}{composite}, 'pass', 'the ledger has it');
like($site->gatepost('why', $record->{id})->{out},
    qr/All in all: pass \(130\), an ARC sealer/, '... and why says it');
($mail, $record) = mail('y@list.test');
unlike(join(' ', map { @$_ } @{$mail->{edits}}), qr/\barc=/,
    'of mail of which no upstream says anything they have nothing');
is($record->{decisions}[0]{action}, 'junk', 'unsealed it is junk');
like($site->gatepost('policy')->{out}, qr/trusted ARC seal/,
    'policy names the lift');

$site->stop;
done_testing;
