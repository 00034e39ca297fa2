#!/usr/bin/perl
#
# 530-decision-upstream.t -- header fields of rspamd, SpamAssassin and
# clamav-milter become findings with a category, a score and a threshold

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    lists => { example => "allow sender good\@client.example proof=none " .
	"override=phish\n" },
    config => { upstreams => [
	{ name => 'rspamd', headers => ['X-Spamd-Result'], score => 6.0 },
	{ name => 'assassin', headers => ['X-Spam-Status'] },
	{ name => 'clamav', headers => ['X-Virus-Status'] },
    ] },
    tenant => { policy => { phish => 'quarantine', bulk => 'tag' } });
my $many = join('; ', map { "FILLER_RULE_$_(0.00)[some option]" } 1 .. 60);

# Fields, category, confidence, action, score, threshold; then whose it is.
my @cases = (
	['X-Spamd-Result: default: True [16.20 / 15.00]; R_SPF_FAIL(1.00)[]',
	    'spam normal junk 16.20 6.00', 'rspamd'],
	["X-Spamd-Result: default: True [16.20 / 15.00];\r\n\tA(1.00)[];" .
	    "\r\n\tPHISHING(4.00)[a.example]",
	    'phish normal quarantine 16.20 6.00', 'rspamd'],
	["X-Spamd-Result: default: True [16.20 / 15.00]; $many; " .
	    'PHISHING(4.00)[]', 'phish normal quarantine 16.20 6.00',
	    'rspamd'],
	['X-Spamd-Result: default: False [1.00 / 15.00]; ' .
	    'PRECEDENCE_BULK(0.00)[]', 'bulk normal tag 1.00 6.00', 'rspamd'],
	['X-Spam-Status: Yes, score=7.1 required=5.0 tests=BAYES_99,URI_PHISH' .
	    ' autolearn=no', 'phish normal quarantine 7.10 5.00', 'assassin'],
	['X-Spam-Status: Yes, score=7.1 required=5.0 tests=BAYES_99',
	    'spam normal junk 7.10 5.00', 'assassin'],
	['X-Virus-Status: Infected (Eicar-Test-Signature)',
	    'malware high quarantine - -', 'clamav'],
	["X-Spam-Status: Yes, score=9 required=5.0 tests=A\r\n" .
	    'X-Virus-Status: Infected (Eicar)',
	    'malware high quarantine - -', 'clamav'],
	['X-Virus-Status: Clean', '', ''],
	['X-Spam-Status: No, score=1 required=5.0 tests=URI_PHISH', '', ''],
	['X-Other-Status: Yes', '', ''],
);

sub decision {
	my ($fields, $from) = @_;
	my $file = $site->dir . '/try.eml';

	Gatepost::Test::write_file($file, "$fields\r\nFrom: $from\r\n" .
	    "Subject: x\r\n\r\nhello\r\n");
	return $site->json('try', $file, '--from', $from, '--rcpt',
	    'jane@example.org', '--ip', '198.51.100.7')->{decisions}[0];
}

foreach my $case (@cases) {
	my ($fields, $wanted, $name) = @$case;
	my $decision = decision($fields, 'x@client.example');
	my ($one) = grep { $_->{reason} eq
	    ($decision->{because}{reason} // '') } @{$decision->{findings}};
	my $got = $one ? join(' ', @{$one}{qw(category confidence)},
	    $decision->{action}, map { $_ // '-' }
	    @{$one}{qw(score threshold)}) : '';

	is($got, $wanted, substr($fields, 0, 60) =~ s/\s+/ /gr)
	    or diag(explain($decision));
	like($decision->{because}{reason}, qr/^$name calls it /,
	    "... and $name says so") if $name;
}
my $phish = $cases[4][0];
is(decision($phish, 'good@client.example')->{action}, 'deliver',
    'an allow goes before phishing of normal confidence');
is(decision($cases[6][0], 'good@client.example')->{action}, 'quarantine',
    '... and never before malware');

done_testing;
