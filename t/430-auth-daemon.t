#!/usr/bin/perl
#
# 430-auth-daemon.t -- authentication in the path of mail: results on top, the
# ledger, proofs for lists, spoof findings, DNS that is dead, late or lying

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time sleep);

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();

my %zone = (
	'partner.test' => [[TXT => 'v=spf1 ip4:192.0.2.1 -all'],
	    [MX => '10 mx.partner.test']],
	'_dmarc.partner.test' => [[TXT => 'v=DMARC1; p=reject']],
	'weak.test' => [[TXT => 'v=spf1 +all']],
	'1.2.0.192.in-addr.arpa' => [[PTR => 'mx.partner.test']],
	'mx.partner.test' => [[A => '192.0.2.1']],
	'7.2.0.192.in-addr.arpa' => [[PTR => 'mx.partner.test']],
	'example.org' => [[TXT => 'v=spf1 ip4:198.51.100.1 -all']],
	'late.test' => [[LATE => 700], [TXT => 'v=spf1 ip4:192.0.2.1 -all']],
	'wrong.test' => [['WRONGID'], [TXT => 'v=spf1 +all']],
	'lying.test' => [['WRONGNAME']],
	'garbage.test' => [['GARBAGE']],
	'deaf.test' => [['TIMEOUT']], '_dmarc.deaf.test' => [['TIMEOUT']],
);
my $dns = Gatepost::Dns->new(\%zone);
my $site = Gatepost::Test->new(
    lists => { example => <<'EOT' },
allow sender a@partner.test
allow sender a@weak.test
block url ~evil.example~
EOT
    config => {
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 2 },
	internal_networks => ['203.0.113.0/24'],
    });
$site->start;

sub text {
	my ($from, $more) = @_;

	return "From: $from\r\nTo: jane\@example.org\r\nSubject: x\r\n" .
	    ($more // '') . "\r\nhello\r\n";
}

sub mail {
	my ($from, $sender, %more) = @_;

	return $site->milter_message(from => $sender, rcpt =>
	    'jane@example.org', client => $more{client} // '192.0.2.1',
	    helo => 'mx.client.test', data => text($from, $more{fields}));
}

# The ledger's newest record of mail from SENDER.
sub record {
	my ($sender) = @_;
	my @records;

	Gatepost::Test::wait_for(10, sub {
		@records = @{$site->json('trace', '--envelope',
		    $sender)->{records}};
	});
	return $records[0];
}

# The field that was put on top, unfolded.
sub results {
	my ($mail) = @_;
	my ($edit) = grep { $_->[0] eq 'insheader' &&
	    grep { lc($_ // '') eq 'authentication-results' } @$_ }
	    @{$mail->{edits}};

	return $edit ? $edit->[-1] =~ s/\s+/ /gr : undef;
}

# --- results ------------------------------------------------------------------

my $mail = mail('a@partner.test', 'b@partner.test');
is(results($mail), ' mx.example.org; spf=pass smtp.mailfrom=partner.test; ' .
    'dkim=none; dmarc=pass (aligned SPF) header.from=partner.test ' .
    'policy.dmarc=reject; iprev=pass (mx.partner.test) ' .
    'policy.iprev=192.0.2.1; compauth=pass reason=102', 'our Authentication-Results are on top')
    or diag(explain($mail->{edits}));
my $auth = record('b@partner.test')->{facts}{auth};
is_deeply([@{$auth}{qw(spf dmarc dmarc_policy iprev iprev_name source)}],
    ['pass', 'pass', 'reject', 'pass', 'mx.partner.test', 'gatepost'],
    'the ledger has the results');
is(record('b@partner.test')->{decisions}[0]{because}{check}, 'lists',
    'an allow of a proven sender counts');
my $forged = "Authentication-Results: mx.example.org; dkim=pass\r\n" .
    "Authentication-Results: (x) MX.example.org;\r\n spf=pass\r\n";
$mail = mail('a@partner.test', 'c@partner.test', fields => $forged);
is(scalar(grep { $_->[0] eq 'chgheader' } @{$mail->{edits}}), 2,
    'forged results under our name are taken off');

mail('a@partner.test', 'd@partner.test', client => '192.0.2.7');
my $record = record('d@partner.test');
is_deeply([@{$record->{facts}{auth}}{qw(spf dmarc iprev)}],
    ['fail', 'fail', 'fail'], 'another client: nothing passes');
is($record->{decisions}[0]{action}, 'junk', '... and p=reject is junk');
like($site->gatepost('why', $record->{id})->{out}, qr/DMARC fail/,
    '... and why says so');
mail('a@weak.test', 'a@weak.test');
$record = record('a@weak.test');
ok($record->{facts}{auth}{is_spf_weak}, 'SPF that anyone gets is weak');
isnt(($record->{decisions}[0]{because} || { check => '' })->{check}, 'lists',
    '... and proves no sender');
mail('boss@example.org', 'x@partner.test');
$record = record('x@partner.test');
like($record->{decisions}[0]{because}{reason} // '', qr/domain of ours/,
    'our own domain from outside is a finding');
mail('boss@example.org', 'y@partner.test', client => '203.0.113.9');
is(record('y@partner.test')->{facts}{auth}{source}, undef,
    'mail of our own people is not asked about');

# --- a server's faults ----------------------------------------------------------

mail('a@late.test', 'a@late.test');
is(record('a@late.test')->{facts}{auth}{spf}, 'pass', 'a late answer counts');
foreach my $name (qw(wrong lying garbage deaf)) {
	my $start = time;

	$mail = mail("a\@$name.test", "a\@$name.test");
	cmp_ok(time - $start, '<', 4, "$name: the message is answered in time");
	is($mail->{verdict}, 'continue', '... and delivered');
	isnt(record("a\@$name.test")->{facts}{auth}{spf}, 'pass',
	    '... and nothing passes');
}
is(record('a@deaf.test')->{facts}{auth}{dmarc}, 'temperror',
    'no answer is unsure');
is(record('a@deaf.test')->{decisions}[0]{action}, 'deliver',
    '... which accuses nobody');

# --- names that nobody answers for, which anybody can send us ----------------------

my @nobody = ('_dmarc.nobody.test', map { ("a$_.nobody.test",
    "_dmarc.a$_.nobody.test") } 1 .. 6);
$dns->change({ %zone, map { ($_ => [['TIMEOUT']]) } @nobody });
mail("x\@a$_.nobody.test", "x\@a$_.nobody.test") foreach 1 .. 6;
is(record('x@a6.nobody.test')->{facts}{auth}{spf}, 'temperror',
    'mail of names that nobody answers for is unsure');
unlike($site->log, qr/dns-dead/, '... and the resolver does not count as dead');
mail('a@partner.test', 'still@partner.test', client => '192.0.2.8');
is(record('still@partner.test')->{facts}{auth}{iprev}, 'permerror',
    '... but is asked for the next message');

# --- no server at all -------------------------------------------------------------

$dns->stop;
mail("a\@gone$_.test", "a\@gone$_.test") for 1 .. 4;
ok($site->wait_log(qr/dns-dead/, 10), 'a dead resolver is told');
my $start = time;
my $sum = $site->driver('--messages', 100, '--connections', 4, '--client',
    '192.0.2.1', '--from', 'a@partner.test', '--rcpt', 'jane@example.org');
cmp_ok(time - $start, '<', 12, 'mail does not crawl without it');
is($sum->{verdicts}{continue} // $sum->{continue}, 100,
    '... and all is delivered') or diag(explain($sum));
$dns->start;
ok(Gatepost::Test::wait_for(20, sub {
	mail('a@partner.test', 'z@partner.test');
	$site->log =~ /dns-alive/;
}), 'it comes back by itself');
mail('a@partner.test', 'back@partner.test');
is(record('back@partner.test')->{facts}{auth}{spf}, 'pass',
    '... and results are sure again');

$site->stop;
done_testing;
