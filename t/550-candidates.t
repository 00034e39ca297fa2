#!/usr/bin/perl
#
# 550-candidates.t -- rules that suspect delivered mail: each one's score, the
# tenant's line, rules that are off; and how they fare on real mail

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $top = "$FindBin::Bin/..";
my %config = (authentication => 'upstream', upstreams => [
	{ name => 'auth', authserv_id => 'auth.example', strips => \1 } ]);
my $site = Gatepost::Test->new(config => \%config);
my $pass = 'Authentication-Results: auth.example; dmarc=pass ' .
    "header.from=client.example\n";
my $fail = 'Authentication-Results: auth.example; dmarc=fail ' .
    "header.from=client.example; spf=fail smtp.mailfrom=client.example\n";

sub mail {
	my ($top_fields, $rest, $from) = @_;

	return $top_fields . 'From: ' . ($from // 'Ann <a@client.example>') .
	    "\nTo: jane\@example.org\nSubject: x\n" .
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <1\@client.example>\nMIME-Version: 1.0\n$rest";
}

sub html { return "Content-Type: text/html\n\n$_[0]\n" }

sub try {
	my ($text, $of) = @_;
	my $file = ($of // $site)->dir . '/mail.eml';

	Gatepost::Test::write_file($file, $text);
	return ($of // $site)->json('try', $file, '--from', 'a@client.example',
	    '--rcpt', 'jane@example.org', '--ip', '192.0.2.7')->{decisions}[0];
}

my $own = '<a href="https://www.client.example/">ours</a>';
my $file = "Content-Type: multipart/mixed; boundary=b\n\n--b\n" .
    "Content-Type: text/plain\n\nsee\n--b\n";

# What it shows, the mail, the rules that meet, what they add up to.
my @cases = (
	['nothing', mail($pass, "\nhello\n"), [], 0],
	['a link to the sender', mail($pass, html($own)), [], 0],
	['links to others alone', mail($pass,
	    html('<a href="https://other.example/">x</a>')),
	    ['links-elsewhere'], 3],
	['... beside one to the sender', mail($pass,
	    html("$own <a href='https://other.example/'>x</a>")), [], 0],
	['a shortener', mail($pass, html("$own <a href='https://bit.ly/1'>x" .
	    '</a>')), ['shortener'], 4],
	['a bare address', mail($pass, html("$own <a " .
	    "href='http://203.0.113.9/'>x</a>")), ['address-link'], 8],
	['hidden text', mail($pass, html('<p>Hi</p><div style="display:none">' .
	    'many words of a novel ' x 20 . '</div>')), ['hidden-text'], 8],
	['a preview line', mail($pass, html('<div style="display:none">' .
	    'Look inside</div><p>Hello Jane</p>')), [], 0],
	['a page', mail($pass, $file . "Content-Type: text/html; " .
	    "name=bill.html\nContent-Disposition: attachment\n\n<p>x\n" .
	    "--b--\n"), ['page-file'], 8],
	['... in capitals', mail($pass, $file . "Content-Type: " .
	    "application/octet-stream; name=BILL.HTM\nContent-Disposition: " .
	    "attachment\n\nx\n--b--\n"), ['page-file'], 8],
	['nobody looked', mail('', "\nhello\n"), [], 0],
	['nothing proves From', mail($fail =~ s/dmarc=fail/dmarc=none/r,
	    "\nhello\n"), ['unproven-from'], 7],
	['DMARC fails', mail($fail, "\nhello\n"),
	    ['unproven-from', 'dmarc-fail'], 11],
	['... and links lead elsewhere', mail($fail,
	    html('<a href="https://other.example/">x</a>')),
	    ['unproven-from', 'dmarc-fail', 'links-elsewhere'], 14],
	['replies go elsewhere', mail($pass . "Reply-To: b\@other.example\n",
	    "\nhello\n"), ['reply-to'], 6],
	['an odd From', mail($pass, "\nhello\n",
	    'Alert: Bank, Inc <a@client.example>'), ['odd-address'], 10],
);

foreach my $case (@cases) {
	my ($what, $text, $rules, $score) = @$case;
	my $decision = try($text);
	my ($is, $not) = $score >= 10 ? qw(candidate nearly) :
	    qw(nearly candidate);

	is_deeply($decision->{$is}, $rules, "$what: " .
	    (@$rules ? "@$rules" : 'nothing') . ", $is");
	is_deeply($decision->{$not}, [], "... and not $not");
	is($decision->{score}, $score, "... $score in all");
}

# --- the tenant's line, and rules that are off ----------------------------------

my $strict = Gatepost::Test->new(config => \%config,
    tenant => { candidates => { score => 3, off => ['shortener'] } });
is_deeply(try($cases[2][1], $strict)->{candidate}, ['links-elsewhere'],
    'a lower line');
is(try($cases[4][1], $strict)->{score}, 0, 'a rule that is off');
my $bad = Gatepost::Test->new(tenant => { candidates =>
    { off => ['shortner'] } });
my $check = $bad->gatepost('check');
is($check->{code}, 78, 'a rule that is none is an error');
like($check->{err} . $check->{out}, qr/"shortner" is no rule; see gatepostd/,
    '... that says where they stand');
my @rules = Gatepost::Test::read_file("$top/milter/policy/candidates.c") =~
    /^\t\{ "([\w-]+)", (?:rule_|NULL)/mg;
my ($words) = Gatepost::Test::read_file("$top/milter/model/category.c") =~
    /candidate_rules\[\] = \{(.*?)\};/s;
is_deeply([$words =~ /"([\w-]+)"/g], \@rules,
    'the configuration knows all rules');

# --- in the path, and why -----------------------------------------------------------

$site->start;
$site->milter_message(from => 'a@client.example', client => '192.0.2.7',
    rcpt => 'jane@example.org', data => $cases[13][1] =~ s/\n/\r\n/gr);
my @items;
ok(Gatepost::Test::wait_for(10, sub {
	@items = @{$site->json('candidate', 'list')->{items}};
}), 'its copy is in the spool');
like($site->gatepost('why', $items[0]{id})->{out},
    qr/suspected \(unproven-from\): authentication was looked at/,
    '... and why says so');
$site->milter_message(from => 'b@client.example', client => '192.0.2.7',
    rcpt => 'jane@example.org', data => $cases[2][1] =~ s/\n/\r\n/gr);
my $record;
Gatepost::Test::wait_for(10, sub {
	($record) = @{$site->json('trace', '--envelope',
	    'b@client.example')->{records}};
});
like($site->gatepost('why', $record->{id})->{out},
    qr/nearly suspected \(links-elsewhere\)/, 'what just missed is told, too');
is(scalar @{$site->json('candidate', 'list')->{items}}, 1,
    '... and not kept');
$site->stop;

# --- real mail ------------------------------------------------------------------------

my $corpus = $ENV{GATEPOST_CORPUS} // "$top/../shared/corpus";
SKIP: {
	skip('no corpus of mail; set GATEPOST_CORPUS', 2)
	    unless -d "$corpus/ham" && -d "$corpus/phish";
	my %share;

	foreach my $folder (qw(phish ham)) {
		my $out = $site->run({ seconds => 300 },
		    Gatepost::Test::program('gatepost'), '-c',
		    $site->config_file, 'try', "$corpus/$folder",
		    '--old-results', '--rcpt', 'jane@example.org', '--ip',
		    '192.0.2.7')->{out};
		my ($all) = $out =~ /^(\d+) messages$/m;
		my ($suspected) = $out =~ /suspected \(candidates\): (\d+)/;

		$share{$folder} = $suspected / $all;
		diag("$folder: $suspected of $all are candidates");
	}
	cmp_ok($share{phish}, '>=', 0.6, 'most phish that got through is found');
	cmp_ok($share{ham}, '<=', 0.02, '... and hardly any good mail');
}
done_testing;
