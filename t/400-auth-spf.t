#!/usr/bin/perl
#
# 400-auth-spf.t -- SPF through a DNS server: what is a proof, what faults
# give, and the public suite

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Encode qw(encode);
use Gatepost::Dns;
use Gatepost::Test;
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();

# Each row: the record, the client, the result, weak or not.
my @rows = (
	['ip4:192.0.2.0/24 -all', '192.0.2.7', 'pass', 0],
	['ip4:192.0.2.0/24 -all', '::ffff:192.0.2.7', 'pass', 0],
	['ip4:192.0.2.0/24 -all', '198.51.100.7', 'fail', 0],
	['ip6:2001:db8::/32 ~all', '2001:db8::7', 'pass', 0],
	['ip6:2001:db8::/32 ~all', '192.0.2.7', 'softfail', 0],
	['?all', '192.0.2.7', 'neutral', 0],
	['+all', '192.0.2.7', 'pass', 1],
	['all', '2001:db8::7', 'pass', 1],
	['ip4:0.0.0.0/0 -all', '192.0.2.7', 'pass', 1],
	['ip6:::/0 -all', '2001:db8::7', 'pass', 1],
	['a:host.example/0 -all', '203.0.113.9', 'pass', 1],
	['include:weak.example -all', '192.0.2.7', 'pass', 1],
	['ip4:192.0.2.7 include:weak.example -all', '192.0.2.7', 'pass', 0],
	['a:host.example -all', '127.0.0.1', 'fail', 0],
	['ip4:192.0.2.300 -all', '192.0.2.7', 'permerror', 0],
	['include:nothing.example -all', '192.0.2.7', 'permerror', 0],
	['include:dead.example -all', '192.0.2.7', 'temperror', 0],
	['include:broken.example -all', '192.0.2.7', 'temperror', 0],
	['ip4:192.0.2.7 include:dead.example -all', '192.0.2.7', 'pass', 0],
	['include:loop.example -all', '192.0.2.7', 'permerror', 0],
	['include:tree.example -all', '192.0.2.7', 'permerror', 0],
	['exists:%{i}.%{d1r}.x.example exists:a.x.example ' .
	    'exists:b.x.example -all', '192.0.2.7', 'permerror', 0],
	[join(' ', map { "ip4:198.51.100.$_" } 1 .. 250) . ' -all',
	    '192.0.2.7', 'permerror', 0],
	['include:' . ('a' x 70) . '.example -all', '192.0.2.7', 'permerror',
	    0],
);
my %zone = (
	'host.example' => [[A => '192.0.2.7']],
	'weak.example' => [[TXT => 'v=spf1 +all']],
	'dead.example' => [['TIMEOUT']],
	'broken.example' => [['SERVFAIL']],
	'loop.example' => [[TXT => 'v=spf1 include:loop.example -all']],
	'two.example' => [[TXT => 'v=spf1 +all'], [TXT => 'v=spf1 -all']],
	'other.example' => [[TXT => 'v=spf10 +all'], [TXT => 'hello']],
	'long.example' => [[TXT => 'v=spf1 ' . 'ip4:192.0.2.7 ' x 4600]],
	'cname.example' => [[CNAME => 'weak.example']],
	'mx.client.example' => [[TXT => 'v=spf1 ip4:192.0.2.7 -all']],
	'says.example' => [[TXT => 'v=spf1 -all exp=why.example']],
	'why.example' => [[TXT => "%{i} may not \x{1b}[1m"]],
	'plain.example' => [[TXT => 'v=spf1 -all exp=because.example']],
	'because.example' => [[TXT => '%{i} is not one of %{d}']],
	'tree.example' => [[TXT => 'v=spf1 ' . join(' ', map {
		"include:t$_.example" } 1 .. 9)]],
	map { ("t$_.example" => [[TXT => 'v=spf1 ' . join(' ', map {
		"include:t$_.example" } 1 .. 9)]]) } 1 .. 9,
);
$zone{"r$_.example"} = [[TXT => "v=spf1 $rows[$_][0]"]] for 0 .. $#rows;
my $dns = Gatepost::Dns->new(\%zone);
my @got = $dns->auth([map { { client => $rows[$_][1],
    from => "user\@r$_.example" } } 0 .. $#rows], ms => 1500);

foreach my $i (0 .. $#rows) {
	my ($record, $client, $want, $weak) = @{$rows[$i]};
	my $auth = $got[$i]{facts}{auth};

	is_deeply([$auth->{spf}, $auth->{is_spf_weak} ? 1 : 0], [$want, $weak],
	    "$want for $client: " . substr($record, 0, 60)) or
	    diag($auth->{spf_reason});
}

sub one {
	my ($from, %more) = @_;

	return ($dns->auth([{ client => '192.0.2.7', from => $from, %more }],
	    ms => 1500))[0]{facts}{auth};
}

is(one('user@two.example')->{spf}, 'permerror', 'two records are an error');
is(one('user@other.example')->{spf}, 'none', 'other texts are no record');
is(one('user@long.example')->{spf}, 'permerror', '64 KB are too long');
is(one('user@cname.example')->{spf}, 'pass', 'an alias is followed');
is(one('user@gone.example')->{spf}, 'none', 'no such domain: none');
my $null = one('');
is_deeply([@{$null}{qw(spf spf_domain is_spf_helo)}],
    ['pass', 'mx.client.example', JSON::PP::true],
    'the null sender is judged by HELO');
is(one('', helo => '[192.0.2.7]')->{spf}, 'none', '... which must be a name');
unlike(one('user@says.example')->{spf_reason}, qr/may not/,
    'an explanation with controls is not shown');
like(one('user@plain.example')->{spf_reason},
    qr/; it says: 192\.0\.2\.7 is not one of plain\.example$/,
    '... another is, expanded');

# --- the public suite ---------------------------------------------------------

my %least = (rfc7208 => 203, rfc4408 => 191);
my $suite = "$FindBin::Bin/../../shared/corpus/spf";

sub zone_of {
	my ($data) = @_;
	my %zone;

	foreach my $name (keys %$data) {
		my @records;
		my $has_txt = grep { ref $_ && exists $_->{TXT} }
		    @{$data->{$name}};

		foreach my $one (@{$data->{$name}}) {
			my ($type, $value) = ref $one ? %$one : ($one);

			next if $type eq 'SPF' && $has_txt;
			$type = 'TXT' if $type eq 'SPF';
			next if $type eq 'TXT' && !ref $value &&
			    $value eq 'NONE';
			push(@records, [$type, ref $value ? $value :
			    defined $value ? "$value" : ()]);
		}
		$zone{$name} = \@records;
	}
	return \%zone;
}

SKIP: {
	skip('no public suite', 4) unless -d $suite;
	skip('libyaml-libyaml-perl is not installed', 4)
	    unless eval { require YAML::XS; 1 };
	foreach my $name (sort keys %least) {
		my ($right, $all, @unsafe, @wrong) = (0, 0);

		foreach my $part (YAML::XS::Load(Gatepost::Test::read_file(
		    "$suite/$name-tests.yml"))) {
			my @tests = sort keys %{$part->{tests}};

			$dns->change(zone_of($part->{zonedata}));
			my @got = $dns->auth([map { {
				client => $_->{host}, helo => $_->{helo},
				from => encode('UTF-8', $_->{mailfrom} // ''),
			} } @{$part->{tests}}{@tests}], ms => 1500);
			foreach my $i (0 .. $#tests) {
				my $want = $part->{tests}{$tests[$i]}{result};
				my $is = $got[$i]{facts}{auth}{spf};

				$all++;
				if (grep { $_ eq $is } ref $want ? @$want :
				    ($want)) {
					$right++;
					next;
				}
				push(@wrong, "$tests[$i]: $is");
				push(@unsafe, $tests[$i]) if $is eq 'pass';
			}
		}
		is("@unsafe", '', "$name: no pass that it does not allow");
		cmp_ok($right, '>=', $least{$name},
		    "$name: $right of $all right") or diag("@wrong");
	}
}

done_testing;
