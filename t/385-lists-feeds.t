#!/usr/bin/perl
#
# 385-lists-feeds.t -- feeds: one value a line, ranked below own entries;
# replaced at any time, broken, braked, and large

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $rcpt = 'jane@example.org';
my $site = Gatepost::Test->new(
    lists => { example => <<'EOT' },
allow envelope good.bulk.example proof=none
allow envelope wide.example proof=none
allow envelope x@wide.example proof=none
block envelope own.example
EOT
    tenant => { feeds => [
	{ name => 'senders', kind => 'envelope',
	  file => '@DIR@/senders.txt', files => ['@DIR@/more.txt'],
	  category => 'spam' },
	{ name => 'links', kind => 'url', file => '@DIR@/links.txt' },
	{ name => 'clients', kind => 'ip', file => '@DIR@/clients.txt' },
	{ name => 'watch', kind => 'envelope', action => 'observe',
	  file => '@DIR@/watch.txt' },
	{ name => 'friends', kind => 'envelope', action => 'allow',
	  file => '@DIR@/friends.txt' },
    ] },
    config => { internal_networks => ['192.0.2.0/24'],
	feeds => [{ name => 'all', kind => 'envelope',
	    file => '@DIR@/all.txt' }] });

sub feed {
	my ($name, $text) = @_;

	Gatepost::Test::write_file($site->dir . "/$name.txt", $text);
}

feed(senders => <<'EOT');
# comment
; comment too

*.bulk.example
wide.example
deep@wide.example   # and a comment
EVIL.example
EOT
feed(more => "more.example\n");
feed(links => "http://links.example:8080/bad/page\nwhole.example\n");
feed(clients => "203.0.113.0/24 ; SBL1\n");
feed(watch => "watched.example\n");
feed(friends => "own.example\nevil.example\n");
feed(all => "all.example\n");
$site->start;

sub mail {
	my ($from, @more) = @_;

	return $site->milter_message(from => $from, rcpt => $rcpt,
	    client => '198.51.100.7', @more);
}

sub verdict { return mail($_[0])->{verdict} }

sub last_record {
	my ($from) = @_;
	my $found;

	Gatepost::Test::wait_for(5, sub {
		$found = $site->json('trace', '--envelope', $from)
		    ->{records}[0]
	});
	return $found;
}

sub feed_of {
	my ($name) = @_;

	return (grep { $_->{name} eq $name }
	    @{$site->json(qw(list show --feeds))->{feeds}})[0];
}

# --- who speaks -------------------------------------------------------------

is(verdict('a@evil.example'), 'discard', 'a feed\'s value blocks');
is(verdict('a@sub.bulk.example'), 'discard', '... all below a domain');
is(verdict('a@more.example'), 'discard', '... and of a second file');
is(verdict('a@all.example'), 'discard', 'a feed of every tenant blocks');
is(verdict('a@nobody.example'), 'continue', 'what is in none passes');
is(verdict('a@watched.example'), 'continue', 'a feed may only observe');
my $why = $site->gatepost('why', last_record('a@evil.example')->{id})->{out};
like($why, qr/in feed senders: block envelope evil\.example/,
    'why names the feed and its value');
like($why, qr/\Q@{[$site->dir]}\E\/senders\.txt/, '... and its file');
my ($item) = grep { $_->{sender} eq 'a@evil.example' }
    @{$site->json(qw(quarantine list))->{items}};
ok($item, 'the message is in quarantine');
is(mail('b@nobody.example', client => '203.0.113.9')->{rcpts}[0][1],
    'reject', 'a feed of clients refuses at RCPT');
is(mail('b@nobody.example', data => "From: b\@nobody.example\r\n" .
    "Subject: x\r\n\r\nsee http://links.example/bad/page?x=1\r\n")->{verdict},
    'discard', 'a link of a feed, written with scheme and port');
is(mail('b@nobody.example', data => "From: b\@nobody.example\r\n" .
    "Subject: x\r\n\r\nsee http://links.example/good\r\n")->{verdict},
    'continue', '... is that page alone');
is(mail('b@nobody.example', data => "From: b\@nobody.example\r\n" .
    "Subject: x\r\n\r\nsee http://www.whole.example/any\r\n")->{verdict},
    'discard', 'a host covers what is below it');

# --- own entries go before --------------------------------------------------

is(verdict('a@good.bulk.example'), 'continue',
    'an own allow of a narrower value lifts a feed\'s block');
is(verdict('a@wide.example'), 'continue', '... one of the same value, too');
is(verdict('x@wide.example'), 'continue', '... and of an address');
is(verdict('deep@wide.example'), 'discard', '... but no wider one');
is(verdict('a@own.example'), 'discard',
    'an own block goes before a feed\'s allow');
like($site->gatepost('why', last_record('a@own.example')->{id})->{out},
    qr/block envelope own\.example/, '... and why names it');
is(verdict('c@evil.example'), 'discard',
    'of two feeds with the same value the block wins');

# --- what is known of them --------------------------------------------------

ok(Gatepost::Test::wait_for(10, sub { feed_of('senders')->{hits} >= 7 }),
    'a feed\'s hits are counted for all of it');
is_deeply([map { "$_->{name} $_->{action} $_->{kind} $_->{values} $_->{bad}" }
    @{$site->json(qw(list show --feeds))->{feeds}}],
    ['senders block envelope 4 0', 'senders block envelope 1 0',
     'links block url 2 0', 'clients block ip 1 0',
     'watch observe envelope 1 0', 'friends allow envelope 2 0',
     'all block envelope 1 0'], 'list show --feeds has each file');
like(feed_of('links')->{generation}, qr/^\d{4}-\d\d-\d\dT.*Z$/,
    '... and when it was compiled');
like($site->gatepost(qw(list show --feeds))->{out},
    qr/^senders +block +envelope +4 +0 +\d+ /m, '... also as a table');
like($site->gatepost(qw(list find envelope a@sub.bulk.example))->{out},
    qr/^-> block envelope \*\.bulk\.example  key="feed senders" .*senders\.txt$/m,
    'list find finds a feed\'s value');
my $check = $site->gatepost(qw(check --lists));
is($check->{code}, 0, 'check --lists is content') or diag($check->{err});
like($check->{out}, qr/4 entries, 12 values of feeds/, '... and counts');

# --- the file changes -------------------------------------------------------

feed(more => "new.example\nno value at all\n" .
    join('', map { "host$_.example\n" } 1 .. 20));
ok(Gatepost::Test::wait_for(8, sub {
	verdict('a@new.example') eq 'discard' &&
	    verdict('a@more.example') eq 'continue'
}), 'a new file is in force, and the old one is not');
ok($site->wait_log(qr/more\.txt:2: .*left out: one value a line/, 5),
    '... a bad line is named in the log');
is((grep { $_->{file} =~ /more/ }
    @{$site->json(qw(list show --feeds))->{feeds}})[0]{bad}, 1,
    '... and counted');

feed(more => "a b\nc d\ne f\nok.example\n");
ok($site->wait_log(qr/more\.txt.*last good generation of this feed stays/, 8),
    'of a file that is mostly bad the last good generation stays');
is(verdict('a@new.example'), 'discard', '... in force');
is(verdict('a@ok.example'), 'continue', '... and nothing of the bad one');
$check = $site->gatepost(qw(check --lists));
is($check->{code}, 78, '... check --lists: exit 78');
like($check->{err}, qr/more\.txt: 3 of its lines are no values of kind/,
    '... and says why');
unlink($site->dir . '/more.txt');
sleep(2);
is(verdict('a@new.example'), 'discard', 'the same when it is gone');
$site->stop;
$site->start;
is(verdict('a@new.example'), 'discard', '... and after a restart');
feed(more => "0.0.0.0 evil.example\n");
like($site->gatepost(qw(check --lists))->{err}, qr/hosts file is no value/,
    'a hosts file is told apart');
feed(more => "more.example\n");
ok(Gatepost::Test::wait_for(8, sub { verdict('a@more.example') eq 'discard' &&
    verdict('a@new.example') eq 'continue' }), 'a mended file is in force');

# --- the brake --------------------------------------------------------------

$site->driver('--messages', 60, '--from', 'x@all.example', '--rcpt', $rcpt,
    '--client', '198.51.100.7');
ok($site->wait_log(qr/entry-braked entry="?feed all"? tenant=example held=5\d/,
    10), 'a feed that holds too much is braked');
ok(Gatepost::Test::wait_for(8, sub { verdict('x@all.example') eq
    'continue' }), '... and only observes');
ok(feed_of('all')->{braked}, '... list show --feeds says so');
is($site->gatepost('list', 'unbrake', 'feed all')->{code}, 0,
    'list unbrake "feed NAME"');
ok(Gatepost::Test::wait_for(8, sub { verdict('x@all.example') eq
    'discard' }), '... and it acts again');
$site->driver('--messages', 60, '--from', 'x@evil.example', '--rcpt', $rcpt,
    '--client', '198.51.100.7');
ok(Gatepost::Test::wait_for(15, sub { verdict('x@evil.example') eq
    'continue' }), 'another one is braked');
feed(senders => "evil.example\nother.example\n");
ok(Gatepost::Test::wait_for(8, sub { verdict('x@evil.example') eq
    'discard' }), '... until its file has a new generation');

# --- replaced under load, and large -----------------------------------------

my $count = 200_000;
my $text = join('', map { "h$_.flood.example\n" } 1 .. $count);
my $load = $site->spawn('load', Gatepost::Test::program('driver'),
    '--socket', $site->socket, '--messages', 12000, '--connections', 2,
    '--from', 'x@h7.flood.example', '--rcpt', $rcpt, '--client',
    '198.51.100.7', '--log', $site->dir . '/load.log');
foreach my $round (1 .. 6) {
	feed(watch => $round % 2 ? $text : "watched.example\n");
	sleep(1);
}
Gatepost::Test::wait_for(120, sub { !$site->running('load') });
my @log = grep { defined $_->{verdict} } map { JSON::PP::decode_json($_) } split(/\n/,
    Gatepost::Test::read_file($site->dir . '/load.log'));
is(scalar @log, 12000, 'every message of the load has an answer');
is(scalar(grep { $_->{verdict} ne 'continue' } @log), 0, '... the right one');
feed(watch => $text);
ok(Gatepost::Test::wait_for(20, sub {
	(feed_of('watch') || { values => 0 })->{values} == $count
}), "a feed of $count values is in force");
foreach my $i (1, 4711, $count) {
	like($site->gatepost(qw(list find envelope), "a\@h$i.flood.example")
	    ->{out}, qr/h$i\.flood\.example  key="feed watch"/,
	    "... value $i is found");
}
is($site->gatepost(qw(list find envelope), "a\@h0.flood.example")->{code}, 1,
    '... and what is not in it is not');

# --- what the configuration refuses -----------------------------------------

sub refused {
	my ($feeds, $what, $name) = @_;
	my $other = Gatepost::Test->new(tenant => { feeds => $feeds });
	my $run = $other->gatepost('check');

	is($run->{code}, 78, "$name: exit 78");
	like($run->{err}, $what, '... and says so');
}

refused([{ name => 'a b', kind => 'ip', file => '/x' }],
    qr/feed "a b": a name is/, 'a name that is no word');
refused([{ name => 'a', kind => 'ip' }], qr/feed "a" has no file/, 'no file');
refused([{ name => 'a', kind => 'spoof', file => '/x' }],
    qr/kind/, 'a feed of pairs');
refused([{ name => 'a', kind => 'name', file => '/x', action => 'allow' }],
    qr/no allow by name/, 'an allow by name');
refused([({ name => 'a', kind => 'ip', file => '/x' }) x 2],
    qr/two feeds are named "a"/, 'a name twice');

$site->stop;
is(scalar($site->strays), 0, 'nothing is left');
done_testing;
