#!/usr/bin/perl
#
# 420-auth-dmarc.t -- DMARC by tree walk and by the public suffix list: which
# record counts, who is aligned, which policy follows

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();

# SPF of every mail.* passes for 192.0.2.1, so that MAIL FROM says who vouches.
my $all = [[TXT => 'v=spf1 ip4:192.0.2.0/24 -all'], [MX => '10 mx.example.']];
my %zone = map { ($_ => $all) } qw(ex.com x.com mail.ex.com deep.mail.ex.com
    other.test a.strict.test strict.test bank.co.uk mail.bank.co.uk
    thief.co.uk psd.gov.test x.psd.gov.test none.test dup.test two.test
    np.test real.np.test sub.sp.test sp.test test.test pct.test bad.test
    tail.test dead.test n.test low.n.test own.low.n.test
    a.b.c.d.e.f.g.h.i.j.many.test many.test weak.test);
$zone{'weak.test'} = [[TXT => 'v=spf1 +all']];
$zone{"_dmarc.$_->[0]"} = [[TXT => $_->[1]]] foreach
    ['ex.com', 'v=DMARC1; p=reject'],
    ['strict.test', 'v=DMARC1; p=quarantine; aspf=s; adkim=s'],
    ['bank.co.uk', 'v=DMARC1; p=reject'],
    ['gov.test', 'v=DMARC1; p=reject; psd=y'],
    ['dup.test', 'v=DMARC1; p=none; p=reject'],
    ['np.test', 'v=DMARC1; p=none; sp=quarantine; np=reject'],
    ['sp.test', 'v=DMARC1; p=reject; sp=none'],
    ['test.test', 'v=DMARC1; p=reject; t=y'],
    ['pct.test', 'v=DMARC1; p=quarantine; pct=0'],
    ['bad.test', 'v=DMARC1; p=perhaps'],
    ['tail.test', ' v=DMARC1; p=reject'],
    ['n.test', 'v=DMARC1; p=reject'],
    ['low.n.test', 'v=DMARC1; p=quarantine; psd=n'],
    ['many.test', 'v=DMARC1; p=reject'],
    ['weak.test', 'v=DMARC1; p=reject'];
$zone{'_dmarc.two.test'} = [[TXT => 'v=DMARC1; p=none'],
    [TXT => 'v=DMARC1; p=reject']];
$zone{'_dmarc.dead.test'} = [['TIMEOUT']];
my $dns = Gatepost::Dns->new(\%zone);

# From, MAIL FROM, result and policy by tree walk, and by list where it
# differs; why.
my @rows = (
	['a@ex.com', 'b@ex.com', 'pass reject', undef, 'the very domain'],
	['a@ex.com', 'b@mail.ex.com', 'pass reject', undef, 'one below'],
	['a@mail.ex.com', 'b@ex.com', 'pass reject', undef, 'one above'],
	['a@mail.ex.com', 'b@deep.mail.ex.com', 'pass reject', undef,
	    'of one organisation'],
	['a@ex.com', 'b@x.com', 'fail reject', undef,
	    'x.com is not ex.com, whatever it ends in'],
	['a@x.com', 'b@ex.com', 'none -', undef, 'no record'],
	['a@ex.com', 'b@other.test', 'fail reject', undef, 'another'],
	['a@strict.test', 'b@a.strict.test', 'fail quarantine', undef,
	    'strict: one below is not it'],
	['a@strict.test', 'b@strict.test', 'pass quarantine', undef,
	    'strict: the very domain'],
	['a@mail.bank.co.uk', 'b@bank.co.uk', 'pass reject', undef,
	    'below a suffix of two labels'],
	['a@bank.co.uk', 'b@thief.co.uk', 'fail reject', undef,
	    'a neighbour below the suffix'],
	['a@x.psd.gov.test', 'b@psd.gov.test', 'pass reject', undef,
	    'psd=y: the organisation is one label below'],
	['a@psd.gov.test', 'b@gov.test', 'fail reject', undef,
	    'psd=y: the suffix itself vouches for nobody'],
	['a@dup.test', 'b@dup.test', 'permerror -', undef, 'a tag twice'],
	['a@two.test', 'b@two.test', 'none -', undef, 'two records'],
	['a@real.np.test', 'b@other.test', 'fail quarantine', undef,
	    'sp= for one below that exists'],
	['a@gone.np.test', 'b@other.test', 'fail reject', undef,
	    'np= for one that does not'],
	['a@np.test', 'b@other.test', 'fail none', undef, 'p= for itself'],
	['a@sub.sp.test', 'b@other.test', 'fail none', undef, 'sp='],
	['a@test.test', 'b@other.test', 'fail quarantine', undef,
	    't=y: one step milder'],
	['a@pct.test', 'b@other.test', 'fail none', undef, 'pct=0'],
	['a@bad.test', 'b@bad.test', 'permerror -', undef, 'no such policy'],
	['a@tail.test', 'b@tail.test', 'none -', undef,
	    'what does not start with v= is no record'],
	['a@dead.test', 'b@dead.test', 'temperror -', undef, 'no answer'],
	['a@own.low.n.test', 'b@n.test', 'fail quarantine', 'pass reject',
	    'psd=n: the organisation ends there'],
	['a@own.low.n.test', 'b@low.n.test', 'pass quarantine',
	    'pass reject', '... and begins'],
	['a@a.b.c.d.e.f.g.h.i.j.many.test', 'b@other.test', 'fail reject',
	    undef, 'many labels: the walk jumps'],
	['a@ex.com, c@x.com', 'b@ex.com', 'none -', undef,
	    'of two authors the worse counts'],
	['a@ex.com, c@n.test', 'b@ex.com', 'fail reject', undef, '... too'],
);

sub judged {
	my ($row, $by_list) = @_;
	my ($answer) = $dns->auth([{ client => '192.0.2.1',
	    from => $row->[1] }], message => "From: $row->[0]\nSubject: x\n\nx\n",
	    list => $by_list, ms => 600);
	my $auth = $answer->{facts}{auth};

	return ("$auth->{dmarc} " . ($auth->{dmarc_policy} // '-'),
	    $auth);
}

foreach my $row (@rows) {
	my ($walk, $auth) = judged($row, 0);
	my ($list, $other) = judged($row, 1);
	my $what = "From $row->[0], MAIL FROM $row->[1]: $row->[4]";

	is($walk, $row->[2], "tree walk: $what")
	    or diag($auth->{dmarc_reason});
	is($list, $row->[3] // $row->[2], "list: $what")
	    or diag($other->{dmarc_reason});
}

my (undef, $weak) = judged(['a@weak.test', 'b@weak.test']);
is_deeply([@{$weak}{qw(dmarc is_dmarc_weak)}], ['pass', JSON::PP::true],
    'a pass by SPF that anyone gets is called weak');

done_testing;
