#!/usr/bin/perl
#
# 437-auth-relay.t -- behind a gateway: the client is read from what our
# relays wrote, and SPF, ip entries, pairs and iprev are about it

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();

my %zone = (
	'partner.test' => [[TXT => 'v=spf1 ip4:203.0.113.9 -all']],
	'_dmarc.partner.test' => [[TXT => 'v=DMARC1; p=reject']],
	'9.113.0.203.in-addr.arpa' => [[PTR => 'mx.partner.test']],
	'mx.partner.test' => [[A => '203.0.113.9']],
);
my $dns = Gatepost::Dns->new(\%zone);
my $site = Gatepost::Test->new(
    lists => { example => <<'EOT' },
block ip 203.0.113.66
block ip 192.0.2.0/24
block spoof else.test 203.0.113.0/24
EOT
    config => {
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 2 },
	relay_networks => ['192.0.2.1', '192.0.2.2', '2001:db8:1::/48'],
    });
my $gw = 'by gw.example.org (Postfix) with ESMTP id 4X; Mon, 1 Jan 2026';

sub hop { return "Received: from h.test ($_[0]) $gw\r\n" }

sub text {
	my ($from, @hops) = @_;

	return join('', @hops) . "From: $from\r\nTo: jane\@example.org\r\n" .
	    "Subject: x\r\n\r\nhello\r\n";
}

sub try {
	my ($hops, %arg) = @_;
	my $file = $site->dir . '/try.eml';

	Gatepost::Test::write_file($file, text($arg{from} //
	    'a@partner.test', @$hops));
	return $site->json('try', $file, '--from', $arg{sender} //
	    'b@partner.test', '--rcpt', 'jane@example.org', '--ip',
	    $arg{ip} // '192.0.2.1', '--helo', 'gw.example.org');
}

# Hops, the topmost first; client, SPF, iprev, action.
my @cases = (
	['one relay', ['mx.partner.test [203.0.113.9]'],
	    '203.0.113.9', 'pass', 'pass', 'deliver'],
	['a stranger', ['x.test [203.0.113.5]'],
	    '203.0.113.5', 'fail', 'permerror', 'junk'],
	['who forged a hop below', ['x.test [203.0.113.5]',
	    'mx.partner.test [203.0.113.9]'],
	    '203.0.113.5', 'fail', 'permerror', 'junk'],
	['who forged one by our relay', ['x.test [203.0.113.5]',
	    'gw2.example.org [192.0.2.2]', 'mx.partner.test [203.0.113.9]'],
	    '203.0.113.5', 'fail', 'permerror', 'junk'],
	['two relays', ['gw2.example.org [192.0.2.2]',
	    'mx.partner.test [203.0.113.9]'],
	    '203.0.113.9', 'pass', 'pass', 'deliver'],
	['one by IPv6', ['gw2.example.org [IPv6:2001:db8:1::5]',
	    'mx.partner.test [203.0.113.9]'],
	    '203.0.113.9', 'pass', 'pass', 'deliver'],
	['a filter inside the relay', ['localhost [127.0.0.1]',
	    'mx.partner.test [203.0.113.9]'],
	    '203.0.113.9', 'pass', 'pass', 'deliver'],
	['a blocked client', ['x.test [203.0.113.66]'],
	    '203.0.113.66', 'fail', 'permerror', 'reject'],
	['what cannot be read', ['unreadable'],
	    undef, 'temperror', 'none', 'deliver'],
	['... above what could', ['unreadable',
	    'mx.partner.test [203.0.113.9]'],
	    undef, 'temperror', 'none', 'deliver'],
	['nobody', [], undef, 'temperror', 'none', 'deliver'],
	['relays alone', ['gw2.example.org [192.0.2.2]'],
	    undef, 'temperror', 'none', 'deliver'],
);

foreach my $case (@cases) {
	my ($name, $hops, $client, $spf, $iprev, $action) = @$case;
	my $out = try([map { hop($_) } @$hops]);
	my $auth = $out->{facts}{auth};
	my $decision = $out->{decisions}[0];

	is_deeply([$out->{facts}{client}, @{$auth}{qw(spf iprev)},
	    $decision->{action}], [$client, $spf, $iprev, $action], $name)
	    or diag(explain($out->{facts}{auth}, $decision->{findings}));
	ok((grep { $_->{effect} eq 'unsure' && $_->{check} eq 'lists' &&
	    $_->{reason} =~ /cannot be read/ }
	    @{$decision->{findings}}), '... and a finding says so')
	    unless $client;
}
is(try([hop('mx.partner.test [203.0.113.9]')], ip => '198.51.100.1')
    ->{facts}{client}, undef, 'of other clients nobody reads what they wrote');
my $pair = try([hop('x.test [203.0.113.5]')], from => 'a@else.test',
    sender => 'a@else.test');
is($pair->{decisions}[0]{because}{entry} ? 'block' : undef, 'block',
    'a pair is of the true client');

# In the path of mail.
$site->start;
my $mail = $site->milter_message(from => 'b@partner.test',
    rcpt => 'jane@example.org', client => '192.0.2.1',
    helo => 'gw.example.org',
    data => text('a@partner.test', hop('mx.partner.test [203.0.113.9]')));
my ($edit) = grep { $_->[0] eq 'insheader' &&
    grep { lc($_ // '') eq 'authentication-results' } @$_ } @{$mail->{edits}};
like($edit->[-1] =~ s/\s+/ /gr, qr/iprev=pass \(mx\.partner\.test\) policy\.iprev=203\.0\.113\.9; /,
    'our results name the true client');
my @records;
Gatepost::Test::wait_for(10, sub {
	@records = @{$site->json('trace', '--ip', '203.0.113.9')->{records}};
});
is(scalar @records, 1, 'the ledger finds mail by it');
my $why = $site->gatepost('why', $records[0]{id})->{out};
like($why, qr/relay's client was \[203\.0\.113\.9\]/, 'why names it');
unlike($why, qr/block ip 192\.0\.2\.1/, '... and proposes to block no relay');

$site->stop;
done_testing;
