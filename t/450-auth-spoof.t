#!/usr/bin/perl
#
# 450-auth-spoof.t -- ways to be authenticated as one and shown as another:
# nothing that a program may show as legit.test is ever proven by what
# attack.test may send; exact bytes by "try", and through a real Postfix

use strict;
use warnings;

use File::Temp;
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use MIME::Base64 qw(encode_base64);
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();
Gatepost::Test->need('root', 'postfix');
require Digest::SHA;

my $dir = File::Temp->newdir;
system("openssl genrsa -traditional -out $dir/key 2048 2>/dev/null") == 0
    or plan(skip_all => 'openssl makes no key');
my $public = `openssl rsa -in $dir/key -pubout 2>/dev/null`;
$public =~ s/-----.*?-----|\s//g;
my $key = [[TXT => "v=DKIM1; k=rsa; p=$public"]];
my $ours = [[TXT => 'v=spf1 ip4:192.0.2.66 -all']];
my $dns = Gatepost::Dns->new({
	'legit.test' => [[TXT => 'v=spf1 ip4:203.0.113.1 -all']],
	'_dmarc.legit.test' => [[TXT => 'v=DMARC1; p=reject']],
	'attack.test' => $ours,
	'h.attack.test' => $ours,
	'_dmarc.attack.test' => [[TXT => 'v=DMARC1; p=reject']],
	'k._domainkey.attack.test' => $key,
	'legit.test.attack.test' => $ours,
	'k._domainkey.legit.test.attack.test' => $key,
	'k._domainkey.legit.test(.attack.test' => $key,
	"k._domainkey.legit.test'.attack.test" => $key,
});
my $site = Gatepost::Test->new(
    lists => { example => "allow sender legit.test\n" .
	"allow sender *.legit.test\nallow envelope legit.test\n" },
    config => {
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 3 },
    });
my $n = 0;

# FIELDS and a body, signed as D by selector S with the attacker's key.
sub signed {
	my ($d, $s, $from, @more) = @_;
	my $hash = Digest::SHA::sha256_base64("hello\r\n");

	$hash .= '=' while length($hash) % 4;
	my $sig = "v=1; a=rsa-sha256; c=simple/simple; d=$d; s=$s; " .
	    "h=from; bh=$hash; b=";

	Gatepost::Test::write_file("$dir/input",
	    "From: $from\r\nDKIM-Signature: $sig");
	my $b = `openssl dgst -sha256 -sign $dir/key $dir/input | base64 -w0`;

	return ("DKIM-Signature: $sig$b", @more, "From: $from");
}

my $admin = 'admin@legit.test';
my $evil = 'x@attack.test';
my $b64 = encode_base64("<$admin>", '');
my $q = "=?utf-8?B?$b64?=";

# A sentence, MAIL FROM, HELO, header fields; the domain that is judged at
# worst: "legit.test" fails, "attack.test" may pass as itself.
my @cases = (
	['the control: attack.test as itself', $evil, undef,
	    ["From: $evil"], 'attack.test'],
	['... signed', $evil, undef, [signed('attack.test', 'k', $evil)],
	    'attack.test'],
	['another MAIL FROM', $evil, undef, ["From: $admin"], 'legit.test'],
	['a MAIL FROM that does not exist', 'a@none.legit.test', undef,
	    ["From: $admin"], 'legit.test'],
	['a null sender and our HELO', '', 'attack.test', ["From: $admin"],
	    'legit.test'],
	['... and its HELO', '', 'legit.test', ["From: $admin"],
	    'legit.test'],
	['a MAIL FROM with a parenthesis', '(a@legit.test', undef,
	    ["From: $admin"], 'legit.test'],
	['a source route', '@legit.test,@any.test:x@attack.test', undef,
	    ["From: $admin"], 'legit.test'],
	['a quote in MAIL FROM', "legit.test'a\@attack.test", undef,
	    ["From: $admin"], 'legit.test'],
	['a domain in a local part', '"a@legit.test"@attack.test', undef,
	    ["From: $admin"], 'legit.test'],
	['a signature of a NUL in the selector', $evil, undef,
	    [signed('legit.test', "attack.test.\0.k", $admin)],
	    'legit.test'],
	['d= with a comment', $evil, undef,
	    [signed('legit.test(.attack.test', 'k', $admin)], 'legit.test'],
	['d= with a quote', $evil, undef,
	    [signed("legit.test'.attack.test", 'k', $admin)], 'legit.test'],
	['d= that starts with the name', $evil, undef,
	    [signed('legit.test.attack.test', 'k', $admin)], 'legit.test'],
	['... and MAIL FROM', 'x@legit.test.attack.test', undef,
	    ["From: $admin"], 'legit.test'],
	['a subdomain of its own', $evil, undef,
	    ['From: admin@sub.legit.test'], 'sub.legit.test'],
	['two From, ours first', $evil, undef,
	    ["From: $evil", "From: $admin"], 'legit.test'],
	['... ours last', $evil, undef,
	    ["From: $admin", "From: $evil"], 'legit.test'],
	['... signed over ours', $evil, undef,
	    ["From: $admin", signed('attack.test', 'k', $evil)],
	    'legit.test'],
	['a second From with a blank', $evil, undef,
	    ["From: $evil", "From : $admin"], 'legit.test'],
	['... in front', $evil, undef,
	    ["From : $admin", "From: $evil"], 'legit.test'],
	['a second From of another case', $evil, undef,
	    ["From: $evil", "fROM: $admin"], 'legit.test'],
	['one From of two', $evil, undef, ["From: $evil, $admin"],
	    'legit.test'],
	['... the other way round', $evil, undef, ["From: $admin, $evil"],
	    'legit.test'],
	['... in brackets', $evil, undef, ["From: <$admin>, <$evil>"],
	    'legit.test'],
	['... without a comma', $evil, undef, ["From: <$admin> <$evil>"],
	    undef],
	['a folded From', $evil, undef, ["From:\r\n $admin"], 'legit.test'],
	['a comment in From', $evil, undef, ["From: $admin($evil)"],
	    'legit.test'],
	['... in front', $evil, undef, ["From: ($evil) $admin"],
	    'legit.test'],
	['... inside', $evil, undef, ["From: admin\@(x)legit.test"], undef],
	['a group', $evil, undef, ["From: x:$admin;"], 'legit.test'],
	['a group of both', $evil, undef, ["From: x:$evil,$admin;"],
	    'legit.test'],
	['a route in From', $evil, undef,
	    ["From: <\@attack.test:$admin>"], undef],
	['... the other way round', $evil, undef,
	    ["From: <\@legit.test:$evil>"], undef],
	['a name that is an address', $evil, undef,
	    ["From: \"$admin\" <$evil>"], 'attack.test'],
	['... encoded', $evil, undef, ["From: $q <$evil>"], 'attack.test'],
	['an encoded address', $evil, undef, ["From: $q"], undef],
	['... and ours in a comment', $evil, undef, ["From: $q ($evil)"],
	    undef],
	['an open bracket', $evil, undef, ["From: <$admin"], undef],
	['two closing brackets', $evil, undef,
	    ["From: <$admin><$evil>"], undef],
	['a NUL behind the address', $evil, undef,
	    ["From: <$admin>\0<$evil>"], undef],
	['a quoted pair', $evil, undef, ["From: <\"admin\"\@legit.test>"],
	    'legit.test'],
	['a last dot', $evil, undef, ['From: admin@legit.test.'], undef],
	['upper case', $evil, undef, ['From: ADMIN@LEGIT.TEST'],
	    'legit.test'],
	['Sender is ours', $evil, undef,
	    ["Sender: $evil", "From: $admin"], 'legit.test'],
	['Resent-From is ours', $evil, undef,
	    ["Resent-From: $evil", "From: $admin"], 'legit.test'],
	['no From, but a Sender', $evil, undef, ["Sender: $admin"], undef],
	['a forged result', $evil, undef,
	    ['Authentication-Results: mx.example.org; dmarc=pass ' .
		'header.from=legit.test', "From: $admin"], 'legit.test'],
	['a forged Received-SPF', $evil, undef,
	    ['Received-SPF: pass', "From: $admin"], 'legit.test'],
);

sub text {
	my ($id, @fields) = @_;

	return join('', map { "$_\r\n" } @fields) . "To: jane\@example.org" .
	    "\r\nMessage-ID: <$id\@x.test>\r\nSubject: x\r\n\r\nhello\r\n";
}

# Hold what FACTS and DECISION say against what was sent.
sub judged {
	my ($name, $facts, $decision, $domain) = @_;
	my $auth = $facts->{auth};
	my @shown = map { $_->{address} // '' } @{$facts->{authors} || []};
	my $is_legit = grep { /\blegit\.test$/i } @shown, $facts->{from} // '';
	my $composite = "$auth->{composite} $auth->{reason}";

	if (defined $domain && $domain eq 'attack.test') {
		like($composite, qr/^pass 10/, "$name: proven as itself");
		is_deeply([grep { !/\@attack\.test$/ } @shown], [],
		    '... and shown as itself');
	} elsif (defined $domain) {
		is($auth->{dmarc_domain}, $domain, "$name: $domain is judged");
		like($composite, qr/^fail 0/, '... and fails');
		is($auth->{dmarc}, 'fail', '... DMARC, too');
	} else {
		ok(!$is_legit || $auth->{composite} ne 'pass',
		    "$name: legit.test is not proven") or
		    diag(explain($facts->{authors}, $auth));
	}
	isnt(($decision->{because} || { check => '' })->{check}, 'lists',
	    '... and no allow counts');
}

$site->start;
$site->postfix_start;
my $accepted = 0;

foreach my $case (@cases) {
	my ($name, $sender, $helo, $fields, $domain) = @$case;
	my $id = 'm' . ++$n;
	my $file = "$dir/try.eml";

	Gatepost::Test::write_file($file, text($id, @$fields));
	my $run = $site->gatepost('--json', 'try', $file, '--from', $sender,
	    '--rcpt', 'jane@example.org', '--ip', '192.0.2.66', '--helo',
	    $helo // 'h.attack.test');
	my $out = $run->{code} == 0 ? JSON::PP::decode_json($run->{out}) :
	    undef;

	if ($out) {
		judged($name, $out->{facts}, $out->{decisions}[0], $domain);
	} else {
		like($run->{err}, qr/is no address/, "$name: \"try\" takes " .
		    'no such MAIL FROM');
	}

	my $answer = $site->smtp(from => $sender, helo => $helo //
	    'h.attack.test', rcpt => ['jane@example.org'],
	    client => '192.0.2.66', raw => text($id, @$fields));

	# What Postfix itself refuses is no concern of ours.
	next unless $answer->{queue_id};
	$accepted++;
	my $record;
	Gatepost::Test::wait_for(10, sub {
		my $run = $site->gatepost('--json', 'why',
		    $answer->{queue_id});

		$record = $run->{code} == 0 ?
		    JSON::PP::decode_json($run->{out}) : undef;
	});
	ok($record, "$name: by Postfix, in the ledger") or next;
	my $auth = $record->{facts}{auth};
	my @shown = map { $_->{address} // '' }
	    @{$record->{facts}{authors} || []};

	$auth->{composite} //= 'none';
	ok($auth->{composite} ne 'pass' ||
	    !(grep { /\blegit\.test$/i } @shown),
	    '... what is shown as legit.test is not proven')
	    or diag(explain($record->{facts}));
	isnt(($record->{decisions}[0]{because} || { check => '' })->{check},
	    'lists', '... and no allow counts');
}
cmp_ok($accepted, '>', 30, 'most of it got through Postfix');

$site->stop;
done_testing;
