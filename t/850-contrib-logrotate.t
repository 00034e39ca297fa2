#!/usr/bin/perl
#
# 850-contrib-logrotate.t -- logrotate accepts our file and rotates the log

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need(qw(root logrotate));

my $site = Gatepost::Test->new;
my $at = $site->dir . '/logrotate';
my $text = Gatepost::Test::read_file(
    "$FindBin::Bin/../contrib/logrotate/gatepost");
my @logrotate = (Gatepost::Test::installed('logrotate'), '-s', "$at/status");

mkdir($at);
ok($text =~ s{^/var/log/gatepost\.log }{$at/gatepost.log }m,
    'the file names the log');
Gatepost::Test::write_file("$at/conf", $text);

my $result = $site->run(@logrotate, '-d', "$at/conf");
is($result->{code}, 0, 'logrotate takes it');
unlike($result->{err}, qr/^error/mi, '... without an error')
    or diag($result->{err});
$result = $site->run(@logrotate, '-f', "$at/conf");
is($result->{code}, 0, 'a log that is not there is no error');

Gatepost::Test::write_file("$at/gatepost.log", "a line\n");
$result = $site->run(@logrotate, '-f', "$at/conf");
is($result->{code}, 0, 'a log is rotated') or diag($result->{err});
is(Gatepost::Test::read_file("$at/gatepost.log.1"), "a line\n",
    '... and kept');
is(-s "$at/gatepost.log", 0, '... and begun anew');

done_testing;
