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

my $root = $ENV{GATEPOST_SENDMAIL_ROOT};
plan(skip_all => 'GATEPOST_SENDMAIL_ROOT is not set') unless defined $root;
Gatepost::Test->need('m4');

my $cf = "$root/usr/share/sendmail/cf";
plan(skip_all => "$cf is not there") unless -e "$cf/m4/cf.m4";

my $site = Gatepost::Test->new;
my $lines = Gatepost::Test::read_file(
    "$FindBin::Bin/../contrib/sendmail/gatepost.mc");
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

done_testing;
