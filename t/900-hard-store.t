#!/usr/bin/perl
#
# 900-hard-store.t -- disk full, store broken: what would have to be held is
# answered later, what is only recorded never delays mail, and all comes back
# by itself

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root');
my $site = Gatepost::Test->new(
    lists => { example => "block envelope evil.example\n" });
mkdir $site->state_dir;
plan skip_all => 'no tmpfs may be mounted here'
    if $site->run('mount', '-t', 'tmpfs', '-o', 'size=6m,mode=0755', 'tmpfs',
	$site->state_dir)->{code} != 0;
chown((getpwnam('nobody'))[2], (getgrnam('nogroup'))[2], $site->state_dir);
END { system('umount', '-l', $site->state_dir) if $site && $site->{dir}; }
$site->start;

sub verdict {
	return $site->milter_message(from => $_[0], client => '192.0.2.7',
	    rcpt => 'jane@example.org')->{verdict};
}

is(verdict('x@good.example'), 'continue', 'a good message is delivered');
is(verdict('x@evil.example'), 'discard', 'a bad one is held');

my $filler = $site->state_dir . '/filler';
open(my $fill, '>', $filler) or die "$filler: $!";
while (syswrite($fill, 'x' x 4096)) { }
close $fill;
is(verdict('x@evil.example'), 'tempfail', 'disk full: what would be held is later');
is(verdict('x@good.example'), 'continue', '... what is delivered is not delayed');
ok($site->wait_log(qr/cannot hold: .*No space/, 3), '... and the log says why');
ok($site->wait_log(qr/disk-low/, 5), '... and that nothing is recorded');
unlink $filler;
ok(Gatepost::Test::wait_for(10, sub { verdict('x@evil.example') eq 'discard' }),
    'space again: it is held, with no help');
is(verdict('x@good.example'), 'continue', '... and mail goes on');
my $after = $site->milter_message(from => 'x@good.example',
    rcpt => 'jane@example.org');
ok(Gatepost::Test::wait_for(5, sub {
	$site->gatepost('why', $after->{queue_id})->{code} == 0 }),
    '... and is recorded again');

# A large message goes by a file in that file system: full means later.
open($fill, '>', $filler) or die "$filler: $!";
while (syswrite($fill, 'x' x 4096)) { }
close $fill;
my $large = "From: a\@good.example\nSubject: large\n\n" .
    ("x" x 70 . "\n") x 20_000;
is($site->milter_message(from => 'x@good.example', data => $large,
    rcpt => 'jane@example.org')->{verdict}, 'tempfail',
    'a message that cannot even be kept while it comes: later');
unlink $filler;
is($site->milter_message(from => 'x@good.example', data => $large,
    rcpt => 'jane@example.org')->{verdict}, 'continue',
    '... and with space it is read');

# The folder of the quarantine is gone.
rename $site->state_dir . '/quarantine', $site->state_dir . '/away';
Gatepost::Test::write_file($site->state_dir . '/quarantine', 'no folder');
is(verdict('x@good.example'), 'continue', 'no quarantine: good mail goes on');
my $broken = verdict('x@evil.example');
ok($broken eq 'tempfail' || $broken eq 'discard',
    '... bad mail is held or later, never let through');
unlink $site->state_dir . '/quarantine';
rename $site->state_dir . '/away', $site->state_dir . '/quarantine';

# A quota.
$site->write_config(tenants => [ { name => 'example',
    domains => [ 'example.org' ], quota => '1K',
    lists => [ $site->dir . '/lists/example.list' ] } ]);
$site->reload;
$site->wait_log(qr/reloaded/, 5);
is(verdict('x@evil.example'), 'tempfail', 'beyond its quota: later');
ok($site->wait_log(qr/holds \d+ octets of its quota/, 3),
    '... and the log says what to do');
$site->stop;

done_testing();
