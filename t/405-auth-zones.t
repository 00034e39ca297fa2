#!/usr/bin/perl
#
# 405-auth-zones.t -- authentication by a real name server (NSD) with the zones
# of t/zones, of mail that a real OpenDKIM signed

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Nsd;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Nsd::missing()) if Gatepost::Nsd::missing();

my $keys = File::Temp->newdir;
my ($site, $port, $opendkim);

END {
	kill('TERM', $opendkim) if $opendkim;
}

# A zone with the public keys of its selectors, as opendkim-genkey writes them.
sub signing_zone {
	my ($domain, %option) = @_;
	my $zone = "\$TTL 300\n\$ORIGIN $domain.\n" .
	    "@ SOA ns.zones.test. root.zones.test. 1 3600 600 86400 60\n" .
	    "  NS ns.zones.test.\n_dmarc TXT \"v=DMARC1; p=reject\"\n";

	foreach my $selector (sort keys %{$option{selectors}}) {
		my $bits = $option{selectors}{$selector};

		system('opendkim-genkey', '-D', $keys, '-d', $domain, '-s',
		    $selector, '-b', $bits) == 0 or die "opendkim-genkey\n";
		rename("$keys/$selector.private",
		    "$keys/$selector.$domain.private");
		$zone .= Gatepost::Test::read_file("$keys/$selector.txt");
	}
	# The signer has changed one key, and has one that was never published.
	foreach my $selector (@{$option{unpublished} || []}) {
		system('opendkim-genkey', '-D', $keys, '-d', $domain, '-s',
		    $selector, '-b', 2048) == 0 or die "opendkim-genkey\n";
		rename("$keys/$selector.private",
		    "$keys/$selector.$domain.private");
	}
	return $zone;
}

my $has_opendkim = -x '/usr/sbin/opendkim' && -x '/usr/sbin/opendkim-genkey';
my $long = "\$TTL 300\n@ SOA ns.zones.test. root.zones.test. 1 1 1 1 60\n" .
    " NS ns.zones.test.\n TXT \"v=spf1\"" .
    ' " ip4:192.0.2.1"' x 4000 . "\n";
my %more = ('long.example' => $long, 'broken.example' => undef);
if ($has_opendkim) {
	$more{'signer.example'} = signing_zone('signer.example',
	    selectors => { big => 2048, small => 1024, stale => 2048 },
	    unpublished => ['stale', 'gone']);
	$more{'other.example'} = signing_zone('other.example',
	    selectors => { k => 2048 });
}
my $dns = Gatepost::Nsd->new(\%more);

# --- what the zones say -------------------------------------------------------

# MAIL FROM's domain, client, SPF, what it shows.
my @spf = (
	['partner.example', '192.0.2.1', 'pass', 'an mx'],
	['partner.example', '2001:db8::1', 'pass', 'its AAAA'],
	['partner.example', '198.51.100.3', 'pass', 'an include'],
	['partner.example', '2001:db8:5::9', 'pass', '... by IPv6'],
	['partner.example', '198.51.100.77', 'fail', 'nobody of it'],
	['news.partner.example', '192.0.2.1', 'pass', 'an a'],
	['bare.example', '192.0.2.3', 'none', 'no record'],
	['nothing.example', '192.0.2.3', 'none', 'no such domain'],
	['alias.odd.example', '198.51.100.3', 'pass', 'an alias'],
	['two.odd.example', '192.0.2.1', 'permerror', 'two records'],
	['void2.odd.example', '192.0.2.1', 'pass', 'two void look-ups'],
	['void3.odd.example', '192.0.2.1', 'permerror', 'three'],
	['chain1.odd.example', '192.0.2.1', 'permerror', '21 includes'],
	['chain13.odd.example', '192.0.2.1', 'pass', 'nine includes'],
	['chain12.odd.example', '192.0.2.1', 'pass', 'ten includes'],
	['chain11.odd.example', '192.0.2.1', 'permerror', 'eleven includes'],
	['asks.odd.example', '192.0.2.1', 'temperror', 'SERVFAIL on the way'],
	['first.odd.example', '192.0.2.1', 'pass', 'SERVFAIL after a match'],
	['long.example', '192.0.2.1', 'permerror', 'a record of 64 KB'],
	['broken.example', '192.0.2.1', 'temperror', 'SERVFAIL'],
	['broken.example', '192.0.2.1', 'temperror', '... also remembered'],
);
my @got = $dns->auth([map { { from => "a\@$_->[0]", client => $_->[1] } }
    @spf]);
foreach my $i (0 .. $#spf) {
	my ($domain, $client, $want, $why) = @{$spf[$i]};

	is($got[$i]{facts}{auth}{spf}, $want, "$domain, $client: $why")
	    or diag($got[$i]{facts}{auth}{spf_reason});
}
my ($circle) = $dns->auth([{ from => 'a@circle.odd.example' }]);
like($circle->{facts}{auth}{spf}, qr/^(?:none|temperror|permerror)$/,
    'aliases in a circle prove nothing');

# From, MAIL FROM, client, DMARC, the client's name (iprev).
my @dmarc = (
	['partner.example', 'news.partner.example', '192.0.2.1',
	    'pass reject', 'pass'],
	['partner.example', 'partner.example', '198.51.100.77',
	    'fail reject', 'permerror'],
	['new.partner.example', 'bare.example', '192.0.2.9',
	    'fail quarantine', 'fail'],
	['strict.partner.example', 'below.strict.partner.example',
	    '192.0.2.1', 'fail reject', 'pass'],
	['strict.partner.example', 'strict.partner.example',
	    '192.0.2.1', 'pass reject', 'pass'],
	['open.odd.example', 'open.odd.example', '203.0.113.5',
	    'pass reject', 'permerror'],
	['bare.example', 'bare.example', '192.0.2.3', 'none -', 'pass'],
);
foreach my $case (@dmarc) {
	my ($from, $sender, $client, $want, $iprev) = @$case;
	my ($answer) = $dns->auth([{ from => "b\@$sender", client => $client }],
	    message => "From: a\@$from\nSubject: x\n\nhello\n");
	my $auth = $answer->{facts}{auth};

	is("$auth->{dmarc} " . ($auth->{dmarc_policy} // '-'), $want,
	    "From $from, MAIL FROM $sender by $client: DMARC $want");
	is($auth->{iprev}, $iprev, "... and its name: $iprev");
}

# --- in the path of mail, signed by OpenDKIM ------------------------------------

SKIP: {
	skip('opendkim and opendkim-tools are not installed', 1)
	    unless $has_opendkim;
	skip('no Postfix, or not root', 1)
	    unless Gatepost::Test::installed('postfix') && $> == 0;
	signed_mail();
}
done_testing;

# OpenDKIM in front of Gatepost signs by From: what the zone's keys are for.
sub opendkim_start {
	Gatepost::Test::write_file("$keys/table", join('', map {
		my ($selector, $domain) = split(/\./, $_, 2);

		"$_ $domain:$selector:$keys/$_.private\n";
	} 'k.other.example', map { "$_.signer.example" }
	    qw(big small stale gone)));
	Gatepost::Test::write_file("$keys/signing", <<'EOT');
big@signer.example big.signer.example
small@signer.example small.signer.example
stale@signer.example stale.signer.example
gone@signer.example gone.signer.example
both@signer.example big.signer.example
both@signer.example k.other.example
else@partner.example k.other.example
EOT
	Gatepost::Test::write_file("$keys/hosts", "0.0.0.0/0\n");
	Gatepost::Test::write_file("$keys/conf", <<"EOT");
Mode s
Syslog no
Background no
Socket inet:$port\@127.0.0.1
Canonicalization relaxed/simple
InternalHosts file:$keys/hosts
KeyTable file:$keys/table
SigningTable refile:$keys/signing
MultipleSignatures yes
RequireSafeKeys no
EOT
	my $pid = fork() // die "fork: $!\n";
	if ($pid == 0) {
		{ exec('/usr/sbin/opendkim', '-f', '-x', "$keys/conf") }
		POSIX::_exit(127);
	}
	$opendkim = $pid;
	Gatepost::Test::wait_for(10, sub {
		Gatepost::Test::listening("inet:$port") })
	    or die "opendkim does not come up\n";
}

# Send as WHO and take the copy that arrived: its newest results, one line.
sub sent {
	my ($who, $client, $sender) = @_;
	my $subject = "of $who";
	my $copy;

	$site->smtp(from => $sender // 'bounce@partner.example', rcpt =>
	    ['jane@example.org'], client => $client // '203.0.113.5',
	    data => "From: $who\r\nTo: jane\@example.org\r\n" .
	    "Subject: $subject\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n" .
	    "Message-ID: <" . ($who =~ s/\@/./r) . "\@here.example>\r\n\r\n" .
	    "Some text.\r\n.\x2e with dots\r\n\r\n\r\n");
	Gatepost::Test::wait_for(20, sub {
		($copy) = grep { /^Subject: \Q$subject\E$/m }
		    $site->mailbox('jane@example.org');
	}) or diag($site->mail_log);
	$copy //= '';
	$copy =~ s/\n[ \t]+/ /g;
	return $copy =~ /^Authentication-Results: (mx\.example\.org.*)$/m ?
	    $1 : $copy;
}

sub signed_mail {
	$port = Gatepost::Test::free_port();
	opendkim_start();
	$site = Gatepost::Test->new(config => {
		authentication => 'own', authserv_id => 'mx.example.org',
		dns => { servers => [$dns->server], timeout => 3 },
	});
	$site->start;
	$site->postfix_start(milter =>
	    "inet:127.0.0.1:$port, " . $site->socket);

	my $results = sent('big@signer.example');
	like($results, qr/dkim=pass[^;]*header\.d=signer\.example/,
	    'what OpenDKIM signed passes');
	like($results, qr/header\.s=big/, '... and its selector is named');
	like($results, qr/dmarc=pass \(aligned DKIM\)/, '... and DMARC by it');
	like($results, qr/spf=fail smtp\.mailfrom=partner\.example/,
	    '... though SPF fails');
	like(sent('small@signer.example'), qr/dkim=pass/, '1024 bits pass');
	foreach my $selector (qw(stale gone)) {
		$results = sent("$selector\@signer.example");
		like($results, qr/dkim=(?:fail|permerror)/,
		    "$selector: a key that is another or gone proves nothing");
		unlike($results, qr/dkim=pass/, '... at all');
		like($results, qr/dmarc=fail/, '... nor From');
	}
	$results = sent('both@signer.example');
	like($results, qr/header\.d=signer\.example/, 'two signatures: one');
	like($results, qr/header\.d=other\.example/, '... and the other');
	is(() = $results =~ /dkim=pass/g, 2, '... both pass');
	$results = sent('else@partner.example');
	like($results, qr/dkim=pass[^;]*header\.d=other\.example/,
	    "another's signature passes");
	like($results, qr/dmarc=fail/, '... and does not vouch for From');
	$results = sent('none@partner.example', '192.0.2.1');
	like($results, qr/spf=pass.*dkim=none.*dmarc=pass \(aligned SPF\)/,
	    'unsigned, from its own server: SPF vouches');
	foreach my $name (qw(circle.odd chain1.odd long broken)) {
		my $start = time;

		$results = sent("$name\@partner.example", '192.0.2.1',
		    "a\@$name.example");
		like($results, qr/spf=(?:none|temperror|permerror) .*dmarc=fail/,
		    "$name.example: no proof");
		cmp_ok(time - $start, '<', 12, '... and no waiting for one');
	}
	$site->postfix_stop;
	$site->stop;
}
