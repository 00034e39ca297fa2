#!/usr/bin/perl
#
# 560-evidence.t -- delivered mail that a tenant keeps: nothing, its facts, or
# all of it; for so many days and octets; and submitted when it is needed

use strict;
use warnings;

use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my %tenants = map { $_ => { name => $_, domains => ["$_.example"],
    lists => ["\@DIR\@/lists/$_.list"], $_ eq 'none' ? () :
    (evidence => { retain => $_ }) } } qw(none facts full);
my $site = Gatepost::Test->new(config =>
    { tenants => [@tenants{qw(none facts full)}] }, lists => { map {
    ($_ => "block sender evil.example\n") } keys %tenants });
my $text = "From: Ann <a\@client.example>\r\nTo: jane\@full.example\r\n" .
    "Cc: third\@else.example\r\nSubject: kept\r\n" .
    "Message-ID: <1\@client.example>\r\n\r\nbody \xe9\r\n";

$site->start;

sub post {
	my ($data, @rcpts) = @_;
	my $id;

	$site->milter_message(from => 'a@client.example', rcpt => \@rcpts,
	    client => '198.51.100.7', data => $data);
	Gatepost::Test::wait_for(5, sub {
		($id) = $site->log =~ /.*\s(\w{26}) \S+ decision rcpt=\Q$rcpts[0]\E /s;
		return $id && $site->gatepost('why', $id)->{code} == 0 });
	return $id;
}

sub submit {
	my ($id, @args) = @_;
	my $run = $site->gatepost('--json', 'submit', $id, '--as', 'phish',
	    @args);

	return $run->{code} ? $run : decode_json($run->{out});
}

sub spooled {
	my ($one) = @_;

	return Gatepost::Test::read_file($site->state_dir .
	    "/spool/submissions/new/$one->{id}.eml");
}

sub days {
	my @all = glob($site->state_dir . "/evidence/$_[0]/*.db");

	return @all;
}

my $id = post($text, map { "jane\@$_.example" } qw(full none facts));
ok(Gatepost::Test::wait_for(5, sub { days('full') && days('facts') }),
    'delivered mail is kept');
is_deeply([days('none')], [], '... but not by the tenant that keeps none');
my $one = submit($id, '--rcpt', 'jane@full.example');
is(spooled($one), $text, 'all of it: submitted octet for octet')
    or diag(explain($one));
$one = submit($id, '--rcpt', 'jane@facts.example');
is($one->{sha256}, undef, 'its facts: there are no octets');
is($one->{size}, 0, '... so none are sent');
is(submit($id, '--rcpt', 'jane@none.example')->{sha256}, undef,
    'none of it: neither');
my $held = post($text =~ s/a\@client/x\@evil/r, 'jane@full.example');
is(scalar(@{$site->json('quarantine', 'list')->{items}}), 1,
    'what is held');
my ($db) = days('full');
SKIP: {
	my $sqlite = Gatepost::Test::installed('sqlite3');

	skip('sqlite3 is not installed', 2) unless $sqlite;
	like($site->run($sqlite, $db, 'SELECT id FROM evidence')->{out},
	    qr/\A$id\s*\z/, '... is no evidence, being in quarantine');
	like($site->run($sqlite, (days('facts'))[0],
	    'SELECT octets IS NULL, size FROM evidence')->{out}, qr/^1\|-1$/m,
	    'facts alone are in the other file');
}

# --- days and octets ---------------------------------------------------------------

# Some day of the past, and one that is not over.
my $old = $db =~ s/[^\/]+\.db$/2020-01-01.db/r;
$site->run('cp', $db, $old);
my $sweep = $site->gatepost('sweep');
is($sweep->{code}, 0, 'sweep runs') or diag($sweep->{err});
like($sweep->{out}, qr/and 1 of evidence;/, '... and says what went');
ok(!-e $old, '... the old day');
ok(-e $db, '... but not today');
my ($year) = gmtime() =~ /(\d{4})$/;
my $past = $db =~ s/[^\/]+\.db$/$year-01-01.db/r;
Gatepost::Test::write_file($past, "\0" x 300_000);
$tenants{full}{evidence}{size} = '400K';
$site->write_config(tenants => [@tenants{qw(none facts full)}]);
$site->reload;
my $big = join("\r\n", map { join('', map { chr(33 + int(rand(90))) }
    1 .. 70) } 1 .. 2000);
my $count = 1;

sub post_big {
	post($text =~ s/<1\@/'<' . ++$count . '@'/er =~ s/jane/joe/r . $big,
	    "joe$count\@full.example");
}

post_big();
ok(-e $past, 'there is room for more mail');
post_big();
ok(Gatepost::Test::wait_for(5, sub { !-e $past }),
    '... and then the oldest day goes for it');
post_big();
unlike($site->log, qr/evidence-failed/, '... and nothing is lost');
post_big();
ok($site->wait_log(qr/evidence-failed tenant=full dropped=\d+ reason="the evidence of tenant full for one day has more than evidence\.size/, 5),
    'one day that has too much keeps no more, and says so');

# --- a person, and a tenant, that is gone ----------------------------------------------

is($site->json('user', 'forget', 'jane@full.example', '--yes')->{evidence}, 2,
    'a person is forgotten: two tenants had kept the mail that names her');
unlike(Gatepost::Test::read_file($db), qr/jane/, '... and nothing is left');
is(submit($id, '--rcpt', 'jane@full.example')->{code} // 0, 66,
    '... to submit for her');
post($text =~ s/<1\@/<late1@/r, 'jill@facts.example');
Gatepost::Test::wait_for(5, sub { $site->gatepost('why',
    'late1@client.example')->{code} == 0 });
$site->write_config(tenants => [@tenants{qw(none full)}]);
$site->reload;
$site->gatepost('sweep');
is_deeply([days('facts')], [], 'a tenant that is gone keeps nothing');
$site->write_config(tenants => [@tenants{qw(none full facts)}]);
$site->reload;
post($text =~ s/<1\@/<late2@/r, 'jill@facts.example');
ok(Gatepost::Test::wait_for(5, sub { days('facts') }),
    '... and when it comes again that day, its mail is kept again');
my $bad = Gatepost::Test->new(tenant => { evidence => { retain => 'all' } });
like($bad->gatepost('check')->{err} . $bad->gatepost('check')->{out},
    qr/gatepost\.conf:\d+: .*retain.*none, facts, full/,
    'a word that is none is an error, with its place');

$site->stop;
done_testing();
