#!/usr/bin/perl
#
# 720-advice.t -- why a message came through, and what to change: one case for
# each rule, by the lists, the ledger and what was missed lately

use strict;
use warnings;

use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $results = 'Authentication-Results: auth.example;';
my $list = "allow envelope friend.example proof=none\n" .
    "allow sender often.example proof=none\nobserve sender seen.example\n";
my $site = Gatepost::Test->new(config => { authentication => 'upstream',
    internal_networks => ['203.0.113.200/32'], upstreams => [
	{ name => 'auth', authserv_id => 'auth.example', strips => \1 },
	{ name => 'rspamd', headers => ['X-Spam-Status'], strips => \1 } ],
    tenants => [ { name => 'example', domains => ['example.org'],
	lists => ['@DIR@/lists/example.list'] },
	{ name => 'late', domains => ['late.example'], mode => 'observe',
	lists => ['@DIR@/lists/late.list'] } ] },
    lists => { example => $list, late => "block sender evil.example\n" });
my $jane = 'jane@example.org';

$site->start;

my $count = 0;
sub post {
	my ($from, %args) = @_;
	my $n = ++$count;
	my $rcpt = $args{rcpt} // $jane;
	my $id;

	$site->milter_message(from => $args{envelope} // $from, rcpt => [$rcpt],
	    client => $args{client} // '203.0.113.9', data =>
	    ($args{header} // '') . "From: <$from>\nSubject: n$n\n" .
	    "Message-ID: <$n\@x>\n\n" . ($args{text} // "hello $n\n"));
	Gatepost::Test::wait_for(5, sub {
		($id) = map { $_->{id} } @{$site->json('trace', '--rcpt', $rcpt,
		    '--from', $from, '--since', '1h')->{records}};
		return $id && $site->json('why', $id)->{facts}{subject} eq
		    "n$n" }) or die "n$n is not in the ledger\n";
	return $id;
}

# The advice on a message that is submitted: rule to text.
sub advice {
	my ($id, @args) = @_;
	my $run = $site->gatepost('--json', 'submit', $id, '--as', 'phish',
	    @args);

	die $run->{err} if $run->{code};
	return { map { $_->{rule} => $_->{text} } @{$site->json('submission',
	    'show', decode_json($run->{out})->{id})->{advice}} };
}

sub auth { return "$results dmarc=$_[0] header.from=$_[1]\n" }

my $advice = advice(post('a@known.example', header =>
    auth('pass', 'known.example')));
is_deeply($advice, {}, 'of what nothing explains nothing is said');

# --- entries ------------------------------------------------------------------------

$advice = advice(post('x@phish.example', envelope => 'x@friend.example'));
like($advice->{'entry-let-in'}, qr/^Entry \w+ \(allow envelope friend\.example, at \S+:1\) let it in; it has let in nothing else since entries are counted, 0 days ago: remove it\.$/,
    'an entry that let in nothing else');
like($advice->{'entry-unproven'}, qr/give it a proof or remove it/,
    '... and for which nothing vouches');
post('a@often.example') for 1 .. 3;
ok(Gatepost::Test::wait_for(5, sub { grep { ($_->{hits} // 0) >= 3 }
    @{$site->json('list', 'show', '--tenant', 'example')->{entries}} }),
    'an entry is used');
like(advice(post('a@often.example'))->{'entry-let-in'},
    qr/it has met [345] messages, the last at \S+: give it a proof/,
    '... and is to be narrowed');
like(advice(post('a@seen.example'))->{'entry-observes'},
    qr/observe sender seen\.example, at \S+:3\) saw it and only observes/,
    'an entry that only observes');
$site->gatepost('list', 'add', '--tenant', 'example', 'block', 'sender',
    'gone.example');
$site->gatepost('list', 'remove', '--tenant', 'example', 'block', 'sender',
    'gone.example');
ok(Gatepost::Test::wait_for(5, sub { !grep { $_->{value} eq 'gone.example' }
    @{$site->json('list', 'show', '--tenant', 'example')->{entries}} }),
    'an entry is removed');
like(advice(post('a@gone.example'))->{'entry-ended'},
    qr/^"block sender gone\.example" would have stopped it, but is gone since \S+ \(removed\)/,
    '... that would have stopped it');

# --- users ----------------------------------------------------------------------------

$site->gatepost('user', 'safe', $jane, 'pal@pals.example');
like(advice(post('pal@pals.example', header => auth('pass',
    'pals.example')))->{'safe-let-in'},
    qr/gatepost user safe \Q$jane\E pal\@pals\.example --remove/,
    'a user\'s safe sender');
my $odd = 'o\'neil`id`@example.org';
$site->gatepost('user', 'safe', $odd, 'pal@pals.example');
like(advice(post('pal@pals.example', rcpt => $odd, header => auth('pass',
    'pals.example')))->{'safe-let-in'},
    qr/gatepost user safe 'o'\\''neil`id`\@example\.org' pal/,
    '... of whom strangers choose the name is one word of a shell');
like(advice(post('pal@pals.example', header => auth('fail',
    'pals.example')))->{'safe-unproven'}, qr/nothing proves it/,
    '... that nothing proves');

# --- who sent it -----------------------------------------------------------------------

$advice = advice(post('boss@example.org', header => auth('fail',
    'example.org')));
like($advice->{'own-domain'},
    qr/^\d+ of \d+ misses in 30 days spoof your own domains; example\.org has p=none or no DMARC record and policy\.spoof_own is "tag": publish p=quarantine/,
    'our own domain');
like($advice->{dmarc}, qr/policy\.spoof is "tag"/, '... which failed DMARC');
my ($own, $all) = advice(post('boss@example.org', header => auth('fail',
    'example.org')), '--note', 'again')->{'own-domain'} =~ /^(\d+) of (\d+)/;
is($own, 2, '... the misses are counted');
is($all, scalar(grep { $_->{tenant} eq 'example' }
    @{$site->json('submission', 'list')->{submissions}}), '... all of them');
like(advice(post('a@x.example', client => '203.0.113.200'))->{client},
    qr/203\.0\.113\.200 is in internal_networks/, 'a client of ours');

# --- what just missed ---------------------------------------------------------------------

advice(post("a$_\@thrice.example")) for 1, 2;
like(advice(post('a3@thrice.example'))->{'same-sender'},
    qr/^3 messages from thrice\.example were submitted as bad/,
    'the third of a sender');
like(advice(post('a@r.example', header => auth('pass', 'r.example') .
    "Reply-To: b\@elsewhere.example\n"))->{nearly},
    qr/^It was nearly a candidate: reply-to, 6 of 10/, 'nearly a candidate');
like(advice(post('x@evil.example', rcpt => 'z@late.example'), '--tenant',
    'late')->{mode}, qr/^Mode is observe for z\@late\.example/,
    'a mode that only observes');
like(advice(post('a@low.example', header => auth('pass', 'low.example') .
    "X-Spam-Status: No, score=4.6 required=5.0\n"))->{score} // '',
    qr/just below its line of 5\.0/, 'a score just below the line');

# --- and in words -----------------------------------------------------------------------------

my $id = post('y@phish.example', envelope => 'y@friend.example');
like($site->gatepost('why', $id)->{out},
    qr/^  What to change:\n    Entry \w+ \(allow envelope friend/m,
    'why says it, too');

$site->stop;
done_testing();
