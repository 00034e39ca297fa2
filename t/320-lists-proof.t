#!/usr/bin/perl
#
# 320-lists-proof.t -- an allow names its proof, the narrower entry wins, and
# an item's allow frees that item alone

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = "auth.local"; ' .
	'headers = [ "X-Spam-Flag", "X-Spam-Status" ]; strips = true; ' .
	'score = 6.0; }, { name = "rumour"; authserv_id = "rumour.local"; } );',
    lists => { example => <<'END' });
block   sender   *.partner.example
block   sender   partner.example
allow   sender   billing@partner.example
allow   sender   open@partner.example        proof=none
allow   ip       203.0.113.9
allow   sender   news.example
block   sender   both.example
allow   sender   both.example                proof=none
block   sender   cancelled.example
allow   url      good.blocked.test
block   url      blocked.test
allow   sender   grave.example               proof=none
allow   sender   a@spf.example               proof=spf
allow   sender   b@dkim.example              proof=dkim
block   sender   spf.example
block   sender   dkim.example
allow   envelope x@env.example
block   envelope env.example
END
$site->start;

# What `try` decides about a message with these header fields.
sub try {
	my ($from, $header, $body, @more) = @_;
	my $file = $site->dir . '/try.eml';

	Gatepost::Test::write_file($file, "From: $from\nTo: j\@example.org\n" .
	    "Subject: x\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <a\@b.example>\n" . ($header // '') . "\n" .
	    ($body // "text\n"));
	return $site->json('try', $file, '--from', $from =~ s/,.*//r, '--rcpt',
	    'jane@example.org', '--ip', '192.0.2.7', @more)->{decisions}[0];
}

my $spf = "Authentication-Results: auth.local; spf=pass smtp.mailfrom=%s\n";
my $dkim = "Authentication-Results: auth.local; dkim=pass header.d=%s header.s=k\n";
my $fail = "Authentication-Results: auth.local; spf=fail smtp.mailfrom=%s\n";
my $rumour = "Authentication-Results: rumour.local; spf=pass smtp.mailfrom=%s\n";
my $spam = "X-Spam-Flag: YES\n";

# Four states of proof for an allow that is narrower than a block.
for ([ $spf, 'deliver', 'SPF aligned' ], [ $dkim, 'deliver', 'DKIM aligned' ],
    [ $fail, 'quarantine', 'SPF fails' ], [ '', 'quarantine', 'nobody says' ],
    [ $rumour, 'quarantine', 'an upstream that strips nothing says so' ]) {
	my ($form, $action, $what) = @$_;
	my $decision = try('billing@partner.example',
	    $form ? sprintf($form, 'partner.example') : '');

	is($decision->{action}, $action, "narrow allow: $what: $action");
}
is(try('billing@partner.example', sprintf($spf, 'elsewhere.example'))
    ->{action}, 'quarantine', 'a pass of another domain is no proof');
is(try('billing@partner.example', sprintf($spf, 'partner.example') .
    sprintf($fail, 'partner.example'))->{action}, 'quarantine',
    'of two results the worst wins');
my $unproven = try('billing@partner.example', '');
my ($allow) = grep { $_->{effect} eq 'allow' } @{$unproven->{findings}};
like($allow->{struck}, qr/nothing proves the sender/,
    'an allow without proof says why it does not count');

is(try('open@partner.example', '')->{action}, 'deliver',
    'proof=none needs none');
is(try('other@partner.example', sprintf($spf, 'partner.example'))->{action},
    'quarantine', 'the wider block holds all others');
is(try('x@both.example', '')->{action}, 'quarantine',
    'equally narrow: block wins');

# Row 6 beats row 7: an allow delivers what an upstream calls spam.
is(try('x@plain.example', $spam)->{action}, 'junk', 'an upstream says spam');
is(try('x@news.example', $spam . sprintf($spf, 'news.example'))->{action},
    'deliver', '... a proven allow delivers it');
is(try('x@news.example', $spam)->{action}, 'junk',
    '... an unproven one does not');
try('x@plain.example', $spam);
is($site->json('try', $site->dir . '/try.eml', '--from', 'x@plain.example',
    '--rcpt', 'jane@example.org', '--ip', '203.0.113.9')
    ->{decisions}[0]{action}, 'deliver', 'an ip allow is its own proof');

# DMARC failure, row 3.
my $dmarc = "Authentication-Results: auth.local; dmarc=fail (p=REJECT) " .
    "header.from=bank.example\n";
my $decision = try('x@bank.example', $dmarc);
is($decision->{action}, 'junk', 'DMARC failure with p=reject: junk');
is($decision->{category}, 'spoof', '... as a spoof');
is($decision->{row}, 3, '... by row 3');
is(try('x@news.example', $dmarc =~ s/bank/news/r)->{action}, 'junk',
    'an unproven allow does not lift it');
is(try('x@grave.example', $dmarc =~ s/bank/grave/r)->{action}, 'deliver',
    'an allow with proof=none does');

# Our own domain from outside.
$decision = try('boss@example.org', sprintf($fail, 'example.org'));
is($decision->{category}, 'spoof', 'our own domain without proof: a spoof');
is($decision->{action}, 'tag', '... tagged');
is(try('boss@example.org', sprintf($spf, 'example.org'))->{action},
    'deliver', '... with proof it is ours');

# A proof is of the one who writes, and of nobody else.
is(try('a@spf.example', sprintf($spf, 'spf.example'))->{action}, 'deliver',
    'proof=spf: SPF in line with From');
is(try('a@spf.example', sprintf($spf, 'attacker.example'))->{action},
    'quarantine', '... not that of another domain');
is(try('a@spf.example', sprintf($spf, 'spf.example') .
    "Authentication-Results: auth.local; dmarc=fail header.from=spf.example\n")
    ->{action}, 'quarantine', '... and not against a DMARC failure');
is(try('b@dkim.example', sprintf($dkim, 'dkim.example'))->{action},
    'deliver', 'proof=dkim: a signature in line with From');
is(try('x@attacker.example, b@dkim.example',
    sprintf($dkim, 'attacker.example'))->{action}, 'quarantine',
    '... not that of another author');
is(try('x@env.example', sprintf($spf, 'env.example'))->{action}, 'deliver',
    'an envelope allow: SPF of its domain');
is(try('x@env.example', "Authentication-Results: auth.local; spf=none " .
    "smtp.mailfrom=env.example; spf=pass smtp.helo=attacker.example\n")
    ->{action}, 'quarantine', '... not that of HELO');
is(try('x@attacker.example, boss@example.org',
    sprintf($spf, 'attacker.example'))->{category}, 'spoof',
    'our domain as second author is a spoof, too');

# Many matches are bounded, and said to be.
$decision = try('x@plain.example', '',
    join('', map { "http://h$_.blocked.test/\n" } 1 .. 200));
is($decision->{action}, 'quarantine', '200 links on the list hold');
cmp_ok(scalar @{$decision->{findings}}, '<', 40,
    '... and are not told one by one');
like(join(' ', map { $_->{reason} } @{$decision->{findings}}),
    qr/more entries match than are kept/, '... which is said');
my $long = 'http://good.blocked.test/' . 'a' x 4000;
$decision = try('x@plain.example', '', "$long\n");
cmp_ok(length $decision->{findings}[0]{reason}, '<', 600,
    'a long link is not repeated in full');

# Items: the narrower url allow frees that link, and nothing else.
is(try('x@plain.example', '', "http://good.blocked.test/\n")->{action},
    'deliver', 'an allowed host below a blocked one');
is(try('x@plain.example', '',
    "http://good.blocked.test/ http://bad.blocked.test/\n")->{action},
    'quarantine', '... does not free another link');
is(try('x@cancelled.example', '', "http://good.blocked.test/\n")->{action},
    'quarantine', '... and delivers nothing by itself');

# Scores just below the line are candidates.
$decision = try('x@plain.example', "X-Spam-Status: No, score=5.1\n");
is_deeply($decision->{candidate}, [ 'score-near' ],
    'a score just below the line: a candidate');
is(try('x@plain.example', "X-Spam-Status: Yes, score=9\n")->{action}, 'junk',
    'above it: spam');

# policy prints what is in force.
my $policy = $site->gatepost('policy')->{out};
like($policy, qr/block_sender\s+quarantine/, 'policy prints actions');
like($policy, qr/^  3  checks: our own domain/m, '... and the precedence');
like($policy, qr/^Mode: enforce, set by mode of the configuration/m,
    '... the mode and who set it');
like($policy, qr{^  \S+/lists/example\.list  18 entries, the operator's$}m,
    '... the lists');
like($policy, qr/^  root  .*\n(?:  .*\n)*  anyone else  /m,
    '... and who may do what');
$site->gatepost('list', 'add', qw(block sender managed.example));
$site->gatepost('mode', 'tag', '--tenant', 'example');
$policy = $site->json('policy');
is_deeply([@{$policy}{qw(tenant mode mode_set_by)}],
    ['example', 'tag', 'gatepost mode, for this tenant'],
    'policy --json has the mode');
is_deeply([map { "$_->{entries} " . ($_->{managed} ? 1 : 0) }
    @{$policy->{lists}}], ['18 0', '1 1'], '... the lists');
is_deeply([map { $_->{row} } @{$policy->{precedence}}], [1, 1 .. 6, 6, 7],
    '... the precedence');
is($policy->{policy}{block_ip}, 'reject', '... and the actions');
$site->stop;

done_testing();
