#!/usr/bin/perl
#
# 851-contrib-sendmail.t -- the lines that we give out for Sendmail do work
#
# Sendmail cannot be installed beside Postfix, so this wants to know where its
# packages were unpacked: GATEPOST_SENDMAIL_ROOT names the folder with "usr"
# in it.  t/tools/sendmail-once makes one, and does the rest of the way.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new;
my $lines = Gatepost::Test::read_file(
    "$FindBin::Bin/../contrib/sendmail/gatepost.mc");

# Without Sendmail: what stands in the one line that counts.
my @used = grep { !/^dnl\b/ && /\S/ } split(/\n/, $lines);
is(scalar(@used), 1, 'one line that is no comment');
my ($name, $equates) =
    $used[0] =~ /^INPUT_MAIL_FILTER\(`(\w+)', `([^`']+)'\)dnl$/;
is($name, 'gatepost', '... names the filter');
my %of = map { split(/=/, $_, 2) } split(/, */, $equates || '');
is(join(' ', sort keys %of), 'F S T', '... with socket, flags and times');
my $settings = $site->run(Gatepost::Test::program('gatepost'), 'check',
    '--settings')->{out};
my ($default) = $settings =~ m{^socket\t\w+\tunix:(/\S+)\t}m;
is($of{S}, "local:$default", '... the socket is our default');
is($of{F}, 'T', '... mail waits while the daemon is away');
is(join(' ', map { /^([CSRE]):\d+[smh]$/ ? $1 : $_ }
    split(/;/, $of{T} || '')), 'C S R E', '... each time has its unit');

# With it: what becomes of the line.
SKIP: {
	my $root = $ENV{GATEPOST_SENDMAIL_ROOT};
	skip('GATEPOST_SENDMAIL_ROOT is not set', 1) unless defined $root;
	skip('m4 is not installed', 1) unless Gatepost::Test::installed('m4');
	my $cf = "$root/usr/share/sendmail/cf";
	skip("$cf is not there", 1) unless -e "$cf/m4/cf.m4";
	my $mc = $site->dir . '/test.mc';

	Gatepost::Test::write_file($mc, "VERSIONID(`test')\nOSTYPE(`linux')dnl\n" .
	    "INPUT_MAIL_FILTER(`first', `S=local:/run/first.sock')dnl\n" .
	    "$lines\nMAILER(`smtp')dnl\n");
	my $result = $site->run('m4', "-D_CF_DIR_=$cf/", "$cf/m4/cf.m4", $mc);
	is($result->{code}, 0, 'm4 takes the lines');
	is($result->{err}, '', '... without a word');
	my ($filters) = $result->{out} =~ /^O InputMailFilters=(.*)$/m;
	like($filters || '', qr{^first, *gatepost$},
	    'Gatepost stands after the other filters');
	my ($filter) = $result->{out} =~ /^Xgatepost, (.*)$/m;
	like($filter || '', qr{S=local:/run/gatepost/milter\.sock},
	    'the default socket is named');
	like($filter || '', qr{F=T}, 'mail waits while the daemon is away');
	ok($result->{out} !~ /^dnl/m, 'no comment gets into sendmail.cf');
}
done_testing;
