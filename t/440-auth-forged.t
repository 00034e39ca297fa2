#!/usr/bin/perl
#
# 440-auth-forged.t -- Authentication-Results under our name in odd forms:
# none survives a real Postfix, and others' results stay

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'postfix');

my $us = 'mx.example.org';
my $site = Gatepost::Test->new(config => { authserv_id => $us,
    authentication => 'upstream' });
$site->start;
$site->postfix_start;

my $name = 'Authentication-Results';
# Up to the results: a verifier that takes off comments and quotes, and looks
# at no case, reads our name in each.
my @ours = (
	"$name: $us;",
	"$name:$us;",
	"$name:   $us ;",
	"$name:\t$us;",
	"$name : $us;",
	"$name\t: $us;",
	"$name  \t : $us;",
	(lc $name) . ": $us;",
	(uc $name) . ": $us;",
	"aUTHENTICATION-rESULTS: $us;",
	"authentication-Results : $us;",
	"$name: " . uc($us) . ';',
	"$name: Mx.ExAmPlE.oRg;",
	"$name: \"$us\";",
	"$name: \"" . uc($us) . '";',
	"$name: \"mx.example\\.org\";",
	"$name: \"\\mx.example.org\";",
	"$name: \"mx.example\".org;",
	"$name: mx.\"example\".org;",
	"$name: \"mx\".\"example\".\"org\";",
	"$name: (c) $us;",
	"$name: (c)$us;",
	"$name: (a)(b) $us;",
	"$name: (a (b) c) $us;",
	"$name: (a \\) b) $us;",
	"$name: (\\() $us;",
	"$name: (;) $us;",
	"$name: (x.example;) $us;",
	"$name: (\"x) $us;",
	"$name: $us(c);",
	"$name: $us (c) ;",
	"$name: $us (;) ;",
	"$name: $us 1;",
	"$name: $us 1 ;",
	"$name: $us (c) 1 (d);",
	"$name: $us 2;",
	"$name: $us\t1;",
	"$name: \"$us\" 1;",
	"$name: (c) \"$us\" (d) 1;",
	"$name:\r\n $us;",
	"$name:\r\n\t$us;",
	"$name: \r\n \r\n $us;",
	"$name: (c)\r\n $us;",
	"$name: (c\r\n d) $us;",
	"$name: \r\n\t\"$us\"\r\n\t1;",
	"$name: $us\r\n ;",
	"$name: $us\r\n\t1\r\n ;",
	"$name : \r\n (c)\r\n " . uc($us) . "\r\n 1;",
	"$name:\n $us;",
	"$name: (c)\n\t$us;",
	"$name: $us\n 1;",
	"$name: $us.;",
	"$name: $us/1;",
	"$name: $us;;",
	"$name: $us; none;",
	"$name: $us; (c)",
	"$name: $us; =; ",
	"$name: $us; spf=pass;",
);
my @others = (
	"$name: mail.example.org;",
	"$name: $us.evil.example;",
	"$name: amx.example.org;",
	"$name: mx.example.organ;",
	"$name: example.org;",
	"$name: other.example ($us);",
	"$name: other.example; spf=pass reason=\"$us\";",
	"$name: (x) other.example 1;",
	"$name: \"other.example\";",
	"X-$name: $us;",
	"ARC-$name: i=1; $us;",
	"$name-Original: $us;",
);

my $n = 0;

# Send a mail with FIELDS; what is in the mailbox of the fields in front.
sub delivered {
	my (@fields) = @_;
	my $id = 'm' . ++$n;
	my $copy;
	my $answer = $site->smtp(from => 'x@client.example',
	    rcpt => ['jane@example.org'], client => '198.51.100.25',
	    raw => join('', map { "$_\r\n" } @fields) .
		"From: x\@client.example\r\nTo: jane\@example.org\r\n" .
		"Message-ID: <$id\@client.example>\r\nSubject: x\r\n\r\n" .
		"hello\r\n");

	is($answer->{data}[0], 250, "$id is taken");
	Gatepost::Test::wait_for(20, sub {
		($copy) = grep { /^Message-ID: <$id\@/m }
		    $site->mailbox('jane@example.org');
		$copy;
	});
	return (split(/\n\n/, ($copy // '') =~ s/\r//gr, 2))[0];
}

sub shown { return $_[0] =~ s/\r/\\r/gr =~ s/\n/\\n/gr =~ s/\t/\\t/gr }

# All at once, the others among them, and each one alone.
my $i = 0;
my @marked = map { "$_ dkim=pass header.d=forged" . ++$i . '.example' } @ours;
my $j = 0;
my @kept = map { "$_ dkim=pass header.d=kept" . ++$j . '.example' } @others;
my @mixed;

for (my $k = 0; $k < @marked; $k++) {
	push(@mixed, $marked[$k]);
	push(@mixed, $kept[$k / 5]) if $k % 5 == 0 && $kept[$k / 5];
}
my $header = delivered(@mixed);
cmp_ok(scalar @ours, '>=', 50, 'there are 50 odd forms and more');
foreach my $k (1 .. @ours) {
	unlike($header, qr/header\.d=forged$k\.example/,
	    'gone among all: ' . shown($ours[$k - 1]));
}
foreach my $k (1 .. @others) {
	like($header, qr/header\.d=kept$k\.example/,
	    'stays: ' . shown($others[$k - 1]));
}
foreach my $k (1 .. @ours) {
	my $one = delivered($marked[$k - 1], $kept[0]);

	unlike($one, qr/forged/, 'gone alone: ' . shown($ours[$k - 1]));
	like($one, qr/kept1\./, '... and no other with it');
}
# A repeated one, the same fields 50 times: the index counts.
$header = delivered(map { ($marked[0], $kept[0]) } 1 .. 50);
unlike($header, qr/forged/, 'fifty of one form are gone');
is(scalar(() = $header =~ /kept1\./g), 50, '... and fifty others stay');

$site->stop;
done_testing;
