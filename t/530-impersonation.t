#!/usr/bin/perl
#
# 530-impersonation.t -- mail that pretends to be from one of us: names,
# look-alike domains, strangers, replies that go elsewhere; an action for each

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = "auth.local"; ' .
	'headers = [ "X-Spam-Flag" ]; strips = true; } );' .
	'internal_networks = [ "198.51.100.0/24" ];',
    tenants => [
	{ name => 'example', domains => [ 'example.org' ],
	  people => [ 'Jane Director <jane@home.example>, <jd@uni.example>',
	      'Joe Treasurer' ],
	  protected_domains => [ 'northwood.example' ],
	  impersonation => { learn => 0, exempt => [ 'exarnple.org',
	      '*.events.example', 'joe@club.example' ] },
	  policy => { block_sender => 'quarantine' } },
	{ name => 'strict', domains => [ 'strict.example' ],
	  people => [ 'Jane Director' ], impersonation => { learn => 0 },
	  policy => { impersonation => 'junk',
	      impersonation_name => 'quarantine', first_contact => 'tag',
	      reply_to => 'junk' } },
	{ name => 'young', domains => [ 'young.example' ] },
	{ name => 'real', domains => [ 'hallam.example' ],
	  people => [ 'Jane Director', 'Joe Treasurer', 'Zoe Owner' ],
	  protected_domains => [ qw(paypal.com microsoft.com amazon.com
	      yahoo.com ebay.com redhat.com sourceforge.net apple.com
	      google.com linux.com hallam-bank.example) ] },
    ],
    lists => { example => <<'END' });
block   sender   held.example
allow   sender   exomple.org   proof=none
END
$site->start;

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my ($carol, $dan) = ('carol@strict.example', 'dan@young.example');
my $pass = "Authentication-Results: auth.local; dmarc=pass header.from=%s; " .
    "spf=pass smtp.mailfrom=%s\n";
my $fail = "Authentication-Results: auth.local; spf=none smtp.mailfrom=%s\n";
my $n = 0;

# Send a message with the header field From, which may have a display name, to
# RCPTS; the decisions by recipient, and the id.
sub mail {
	my ($from, $rcpts, %more) = @_;
	my $id = 'like' . ++$n . '@client.example';
	my ($address) = $from =~ /([^<\s]+\@[^>]+)>?$/;
	my ($domain) = $address =~ /\@(.*)/;
	my $told = $site->milter_message(from => $more{envelope} // $address,
	    client => $more{client} // '192.0.2.7', rcpt => $rcpts,
	    data => "From: $from\nTo: x\nSubject: $n\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <$id>\n" .
	    (($more{auth} // $pass) =~ s/%s/$domain/gr) .
	    ($more{header} // '') . "\nHello.\n");
	my $why = {};

	Gatepost::Test::wait_for(5, sub {
		$site->gatepost('why', $id)->{code} == 0 });
	$why = $site->json('why', $id);
	return { id => $id, told => $told,
	    map { $_->{rcpt} => $_ } @{$why->{decisions}} };
}

# The findings of our check in DECISION, by the policy's key.
sub kinds {
	my ($decision) = @_;

	return { map { $_->{policy} => $_ } grep {
		$_->{check} eq 'impersonation' } @{$decision->{findings}} };
}

# Who writes to nobody for the first time is known everywhere from here on.
sub known {
	mail($_, [ $alice, $bob, $carol, $dan ]) foreach @_;
}

# --- names ----------------------------------------------------------------

known('jane.director@freemail.example', 'x@friends.example');
my $got = mail('"Jane Director" <jane.director@freemail.example>', $alice);
my $one = $got->{$alice};
is($one->{action}, 'tag', 'a name of ours from elsewhere: tagged');
is($one->{category}, 'impersonation', '... as impersonation');
is($one->{confidence}, 'normal', '... with normal confidence');
is($one->{row}, 7, '... by row 7');
is($one->{because}{check}, 'impersonation', '... of the check');
is($one->{because}{reason}, 'the display name "Jane Director" is that of ' .
    'Jane Director, one of our people, but jane.director@freemail.example ' .
    'is no address of theirs', '... and the reason names the evidence');
is_deeply($one->{candidate}, [ 'name-of-ours' ], '... and a candidate');
my ($verdict) = grep { "@$_" =~ /X-Gatepost-Verdict/ } @{$got->{told}{edits}};
like("@$verdict", qr/impersonation; confidence=normal; action=tag/,
    '... and the header says so');
like($site->gatepost('why', $got->{id})->{out}, qr/Jane Director.*no\s+address\s+of\s+theirs/s,
    'why says the evidence');

foreach my $case ([ '"Director, Jane Q." <x@friends.example>', 'last name first' ],
    [ '"Jane Director via Sharing" <x@friends.example>', 'a service' ],
    [ '=?utf-8?Q?J=D0=B0ne_Director?= <x@friends.example>', 'a Cyrillic a' ],
    [ '"Dr. Jane Director (CEO)" <x@friends.example>', 'titles' ],
    [ 'Jane Director <jane>', 'an address without a domain' ],
    [ '"Jane Director" <>', 'an empty address' ],
    [ 'Jane Director', 'no address at all' ],
    [ '=?utf-8?Q?Jane_Director?=', '... and encoded' ],
    [ 'jane@example.org <>', 'her address as a name of none' ]) {
	ok(kinds(mail($case->[0], $alice)->{$alice})->{impersonation_name},
	    "a name of ours: $case->[1]");
}
foreach my $case ([ '"Jane Director" <jane@home.example>', 'her own address' ],
    [ '"Jane Director" <JD@uni.example>', '... the other one' ],
    [ '"Jane Director" <jane@example.org>', 'our domain' ],
    [ '"Jane Smith" <x@friends.example>', 'another name' ],
    [ '"Joe Treasurer" <joe@club.example>', 'an exempt address' ],
    [ '"Jane Director" <x@a.events.example>', 'an exempt domain' ]) {
	ok(!kinds(mail($case->[0], $alice)->{$alice})->{impersonation_name},
	    "no impersonation: $case->[1]");
}
ok(kinds(mail('"Joe Treasurer" <joe@club.example>', $alice, auth => $fail)
    ->{$alice})->{impersonation_name}, 'an exempt address without proof');
ok(kinds(mail('"Jane Director" <jane@home.example>', $carol)->{$carol})
    ->{impersonation_name}, 'an address of hers is that of one tenant alone');

$got = mail('"jane@example.org" <x@friends.example>', $alice);
is($got->{$alice}{action}, 'tag', 'an address of ours as a name: tagged');
is($got->{$alice}{because}{reason}, 'the display name holds ' .
    'jane@example.org, but the message is from x@friends.example',
    '... and the reason says so');
ok(kinds(mail('"Service northwood.example" <x@friends.example>', $alice)
    ->{$alice})->{impersonation_name}, 'a protected domain in a name');
ok(!kinds(mail('"b@example.net" <x@friends.example>', $alice)->{$alice})
    ->{impersonation_name}, 'another domain in a name');
ok(!kinds(mail('"northwood.example" <x@mail.northwood.example>', $alice)
    ->{$alice})->{impersonation_name}, 'its own domain in a name');

# --- domains --------------------------------------------------------------

known('x@examp1e.org', 'x@northwood-login.test', 'x@example.org.evil.test',
    'x@exarnple.org', 'x@xn--exmple-4nf.org', 'x@exomple.org');
$got = mail('x@examp1e.org', $alice);
is($got->{$alice}{action}, 'tag', 'a look-alike of our domain: tagged');
is($got->{$alice}{because}{reason},
    'examp1e.org in From reads like example.org', '... and says of what');
ok(kinds($got->{$alice})->{impersonation_domain}, '... by its key');
is_deeply($got->{$alice}{candidate}, [ 'look-alike' ], '... and a candidate');
is(mail('x@xn--exmple-4nf.org', $alice)->{$alice}{because}{reason},
    "xn--exmple-4nf.org (ex\x{430}mple.org) in From reads like example.org",
    'one in punycode is shown as it looks');
like(mail('x@northwood-login.test', $alice)->{$alice}{because}{reason},
    qr/northwood-login\.test in From differs by common words alone from northwood\.example/,
    'a look-alike of a protected domain');
like(mail('x@example.org.evil.test', $alice)->{$alice}{because}{reason},
    qr/begins with example\.org/, 'ours in front of another\'s');
$got = mail('x@friends.example', $alice,
    header => "Reply-To: x\@examp1e.org\n");
like(kinds($got->{$alice})->{impersonation_domain}{reason},
    qr/^examp1e\.org in Reply-To reads like/, 'a look-alike in Reply-To');
is($got->{$alice}{confidence}, 'high', '... with high confidence: ' .
    'the replies go elsewhere, too');
like(mail('x@friends.example', $alice, envelope => 'x@examp1e.org')->{$alice}
    {because}{reason}, qr/^examp1e\.org in the envelope sender/,
    'a look-alike in the envelope');
ok(!%{kinds(mail('x@exarnple.org', $alice)->{$alice})},
    'an exempt look-alike is none');
ok(!kinds(mail('x@mail.northwood.example', $bob)->{$bob})
    ->{impersonation_domain}, 'nor is a protected domain itself');
ok(!kinds(mail('x@strict.example', $alice)->{$alice})
    ->{impersonation_domain}, 'nor another tenant\'s');
is(mail('x@exomple.org', $alice)->{$alice}{row}, 6,
    'an allow of the tenant wins over it');
is(mail('x@examp1e.org', $carol)->{$carol}{action}, 'deliver',
    'what resembles one tenant is nothing to another');

$got = mail('"Jane Director" <x@examp1e.org>', $alice);
is($got->{$alice}{confidence}, 'high', 'name and domain agree: high');

# --- our own people -------------------------------------------------------

$got = mail('"Jane Director" <x@examp1e.org>', $alice,
    client => '198.51.100.7');
ok(!%{kinds($got->{$alice})}, 'mail of our own people is left out');

# --- first contact --------------------------------------------------------

$got = mail('new@stranger.example', $alice);
$one = kinds($got->{$alice})->{first_contact};
is($one->{effect}, 'observe', 'a stranger is noted');
is($one->{reason}, 'new@stranger.example never wrote to alice@example.org ' .
    'before, nor to anybody else here', '... and said so');
is($got->{$alice}{action}, 'deliver', '... and delivered');
is($got->{$alice}{category}, 'clean', '... as clean mail');
is($got->{$alice}{row}, 8, '... since nobody spoke');
like($site->gatepost('why', $got->{id})->{out}, qr/by the policy it is only\s+noted/,
    '... and why says that it is only noted');
ok(!kinds(mail('new@stranger.example', $alice)->{$alice})->{first_contact},
    'the second message is none');
is(kinds(mail('new@stranger.example', $bob)->{$bob})->{first_contact}{reason},
    'new@stranger.example never wrote to bob@example.org before',
    '... to her; to him it is');
ok(kinds(mail('other@stranger.example', $alice)->{$alice})->{first_contact},
    '... and another address is another stranger');
is(kinds(mail('new@stranger.example', $carol)->{$carol})
    ->{first_contact}{effect}, 'say', '... and of each tenant anew');
$got = mail('"Jane Director" <fresh@freemail.example>', $alice);
like($got->{$alice}{because}{reason},
    qr/; the sender never wrote to anybody here before$/,
    'it sharpens the evidence of others');
ok(!kinds(mail('jane@example.org', $bob)->{$bob})->{first_contact},
    'our own domain is no stranger');
ok(!kinds(mail('new@stranger.example', $dan)->{$dan})->{first_contact},
    'a new installation learns first');
mail('x@held.example', $alice) foreach 1 .. 2;
ok(kinds(mail('x@held.example', $alice)->{$alice})->{first_contact},
    'who was held alone is a stranger still');
mail('alice@example.org', 'pen@friend.example', client => '198.51.100.7');
ok(!kinds(mail('pen@friend.example', $alice)->{$alice})->{first_contact},
    'to whom she wrote first is none');

# --- replies that go elsewhere --------------------------------------------

my $reply = "Reply-To: pay\@elsewhere.example\n";
$got = mail('x@friends.example', $alice, header => $reply);
ok(!kinds($got->{$alice})->{reply_to}, 'replies elsewhere, of a friend: none');
$got = mail('s1@stranger.example', $alice, header => $reply);
is(kinds($got->{$alice})->{reply_to}{reason}, 'replies go to ' .
    'pay@elsewhere.example, another organisation than From\'s, ' .
    'stranger.example; the sender never wrote to anybody here before',
    '... of a stranger');
is(kinds($got->{$alice})->{reply_to}{effect}, 'observe', '... is noted');
ok(!kinds(mail('s2@stranger.example', $alice, header => $reply .
    "List-Id: <l.stranger.example>\n")->{$alice})->{reply_to},
    '... not of a mailing list');
ok(!kinds(mail('s3@stranger.example', $alice, header =>
    "Reply-To: x\@mail.stranger.example\n")->{$alice})->{reply_to},
    '... nor within one organisation');
ok(!kinds(mail('s4@stranger.example', $alice, header =>
    "Reply-To: bob\@example.org\n")->{$alice})->{reply_to},
    '... nor to ourselves');
$got = mail('"Jane Director" <x@friends.example>', $alice, header => $reply);
is($got->{$alice}{confidence}, 'high', '... under a name of ours: high');

# --- an action for each kind, and two tenants -----------------------------

$got = mail('s5@stranger.example', $carol);
is($got->{$carol}{action}, 'tag', 'first_contact = "tag"');
is($got->{$carol}{category}, 'impersonation', '... decides');
is(mail('s6@stranger.example', $carol, header => $reply)->{$carol}{action},
    'junk', 'reply_to = "junk"');
$got = mail('"Jane Director" <x@friends.example>', [ $alice, $carol ]);
is($got->{$carol}{action}, 'quarantine', 'impersonation_name = "quarantine"');
is($got->{$alice}{action}, 'tag', '... of one tenant; the other tags');
$got = mail('x@str1ct.example', $carol);
like($got->{$carol}{because}{reason}, qr/reads like strict\.example/,
    'a domain of the other tenant');
is($got->{$carol}{action}, 'junk',
    '... by `impersonation`, since its own key is not set');
my $policy = $site->gatepost('policy', '--tenant', 'strict')->{out};
like($policy, qr/^  impersonation_name +quarantine$/m,
    'gatepost policy prints a key that is set');
like($policy, qr/^  impersonation_domain +junk$/m, '... and one that is not');

# --- the same offline -----------------------------------------------------

my $eml = $site->dir . '/try.eml';
Gatepost::Test::write_file($eml, "From: \"Jane Director\" <z\@friends.example>\n" .
    "To: x\nSubject: x\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n\nHello.\n");
my $try = $site->json('try', $eml, '--from', 'z@friends.example', '--rcpt',
    $alice, '--ip', '192.0.2.7');
like($try->{decisions}[0]{because}{reason},
    qr/that of Jane Director.*never wrote to anybody here before/,
    'try says the same, by what is kept');
is($site->json('try', $eml, '--from', 'z@friends.example', '--rcpt', $alice,
    '--ip', '192.0.2.7')->{decisions}[0]{because}{reason},
    $try->{decisions}[0]{because}{reason}, '... and keeps nothing');

# --- the configuration, and what is kept ----------------------------------

is($site->gatepost('sweep')->{code}, 0, 'sweep goes through it');
foreach my $case ([ { people => [ 'Jane <home>' ] }, qr/people: "home" is no address/ ],
    [ { people => [ '<jane@home.example>' ] }, qr/has no name/ ],
    [ { protected_domains => [ 'co.uk' ] }, qr/"co\.uk" is a public suffix/ ],
    [ { impersonation => { exempt => [ 'a b' ] } },
      qr/exempt: "a b" is no address and no domain/ ]) {
	my $bad = Gatepost::Test->new(tenant => $case->[0]);
	my $run = $bad->gatepost('check');

	is($run->{code}, 78, 'a bad configuration is refused');
	like($run->{err} . $run->{out}, $case->[1], '... and says why');
}

# --- real mail ------------------------------------------------------------

SKIP: {
	my $ham = "$FindBin::Bin/../../shared/corpus/ham";
	skip('no corpus of real mail', 1) unless -d $ham;
	my @mails = (glob("$ham/*.eml"))[0 .. 149];
	my ($count, $flags) = (0, 0);

	foreach my $mail (grep { defined } @mails) {
		my $real = $site->json('try', $mail, '--from',
		    'x@friends.example', '--rcpt', 'x@hallam.example', '--ip',
		    '192.0.2.7');
		my $kinds = kinds($real->{decisions}[0]);

		$count++;
		$flags++ if grep { $kinds->{$_} &&
		    $kinds->{$_}{effect} eq 'say' } keys %$kinds;
	}
	diag("$flags of $count real messages are called impersonation");
	cmp_ok($flags, '<=', $count / 100, 'real mail is left alone');
}

$site->stop;
done_testing();
