#!/usr/bin/perl
#
# 700-reports.t -- reports of users: each form, who counts as verified, what is
# dropped, quotas, tenants apart, and what the ledger makes of a claim

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier phish report_rows worked_off);
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $site = Gatepost::Test->new(
    tenants => [
	{ name => 'example', domains => ['example.org'], language => 'en',
	  reports => { phish => 'phish@example.org',
	      junk => 'junk@example.org', not_junk => 'ham@example.org',
	      block => 'block@example.org', address => 'report@example.org',
	      hourly => 100 },
	  users => { map => 'file:@DIR@/map' } },
	{ name => 'other', domains => ['other.org'],
	  reports => { phish => 'phish@other.org', hourly => 3,
	      hourly_all => 5 } },
	{ name => 'desk', domains => ['desk.org'],
	  reports => { phish => 'phish@desk.org', junk => 'junk@desk.org',
	      destination => 'mailbox', mailbox => 'secops@desk.org' } },
	{ name => 'both', domains => ['both.org'], language => 'de',
	  reports => { phish => 'phish@both.org', destination => 'both',
	      acknowledge => \1 } } ],
    lists => { example => "block sender blocked.example\n" .
	"block url evil-link.example\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');

Gatepost::Test::write_file($site->dir . '/map',
    "al\@example.org $alice\nteam\@example.org $alice, $bob\n");
$site->write_config(release => { smtp => $sink->place },
    upstreams => [ { name => 'up', authserv_id => 'up.example',
	strips => \1 } ]);
$site->start;

# --- helpers --------------------------------------------------------------

sub proof {
	my ($domain) = @_;

	return "Authentication-Results: up.example; dkim=pass " .
	    "header.d=$domain\n";
}

# Deliver MESSAGE to RCPT from outside; its id.
sub deliver {
	my ($message, $rcpt, %arg) = @_;
	my $got = $site->milter_message(from => $arg{from} || 'x@evil.example',
	    rcpt => [ $rcpt ], client => '198.51.100.25',
	    data => ($arg{proof} ? proof($arg{proof}) : '') . $message);
	# A report comes when the ledger has written it.
	my ($id) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ } @{$got->{edits}};

	Gatepost::Test::wait_for(10, sub {
		$site->gatepost('why', $id)->{code} == 0 }) if $id;
	return $id;
}

# Send DATA to the report address TO as the login LOGIN ('': from outside).
sub report {
	my ($login, $to, $data, %arg) = @_;

	return $site->milter_message(from => $arg{sender} // $login,
	    rcpt => [ $to, @{$arg{more} || []} ],
	    client => $arg{client} || '198.51.100.77',
	    $login ? (macros => [ "mail:auth_authen=$login" ]) : (),
	    data => $data);
}

sub rows { return report_rows($site, @_) }

# Those that were not there before CODE ran.
sub new_rows {
	my ($code, @filter) = @_;
	my %before = map { $_->{id} => 1 } rows(@filter);

	$code->();
	return grep { !$before{$_->{id}} } rows(@filter);
}

# What is kept of the message of report ID.
sub octets_of {
	my ($id) = @_;
	my $item = $site->json('report', 'show', $id)->{items}[0]{item};

	return Gatepost::Test::read_file($site->state_dir .
	    "/reports/kept/$item.eml") // '';
}

sub to {
	my ($rcpt) = @_;

	return grep { $_->{rcpt}[0] =~ /^TO:<\Q$rcpt\E>/ } $sink->mails;
}

sub answers {
	my ($rcpt, $count) = @_;

	Gatepost::Test::wait_for(15, sub { to($rcpt) >= $count });
	return map { $_->{data} } to($rcpt);
}

sub as_alice {
	my ($to, %arg) = @_;

	return report($alice, "$to\@example.org", carrier(from => $alice,
	    to => "$to\@example.org", %arg));
}

# --- every form -----------------------------------------------------------

my $got = as_alice('phish', message => phish());
is($got->{verdict}, 'discard', 'mail to a report address is taken');
my @rows = rows();
is(scalar @rows, 1, '... and listed');
my $stats = $site->json('stats');
is($stats->{taken}, 1, '... counted as taken');
is($stats->{discard}{done}, 0, '... which is no mail that was discarded');
is($stats->{decisions}, 0, '... nor a decision');
like($site->gatepost('stats')->{out}, qr/^reports and requests taken: 1$/m,
    '... and told');

my $inline = "look\n\n-----Original Message-----\nFrom: Your Bank " .
    "[mailto:x\@evil.example]\nSent: Saturday\nTo: alice\n" .
    "Subject: Pay %s\n\nDear customer\n";
for my $row ([ 'attached', 'attached' ], [ 'encoded', 'attached' ],
    [ 'eml', 'attached' ], [ 'octets', 'file' ], [ 'nameless', 'file' ],
    [ 'zip', 'archive' ], [ 'zipzip', 'archive' ], [ 'arf', 'feedback' ]) {
	my ($form, $as) = @$row;
	my @new = new_rows(sub { as_alice('phish', form => $form,
	    message => phish(subject => "Form $form")) });

	is(scalar @new, 1, "$form: listed");
	is("$new[0]{form} $new[0]{from} $new[0]{subject}",
	    "$as x\@evil.example Form $form", '... with what it claims');
	is("@{$new[0]{reporters}} @{$new[0]{reasons}} $new[0]{verified}",
	    "$alice phish 1", '... of a verified reporter');
	like(octets_of($new[0]{id}),
	    qr/\AFrom: Your Bank <x\@evil\.example>\r?\n.*Dear customer/s,
	    '... and its octets are kept');
}
for my $row ([ 'text', $inline, 'Outlook' ],
    [ 'text', "\n---------- Forwarded message ---------\nVon: Your Bank " .
	"<x\@evil.example>\nDate: Sa.\nSubject: Pay %s\nTo: <$alice>\n\n\n" .
	"Dear customer\n", 'Gmail' ],
    [ 'html', "<html><body><p>fyi</p><div><b>Da:</b> Your Bank " .
	"&lt;x\@evil.example&gt;<br><b>Inviato:</b> sabato<br><b>A:</b> " .
	"alice<br><b>Oggetto:</b> Pay %s</div><p>Dear customer</p></body>" .
	"</html>\n", 'a page of Outlook' ]) {
	my ($form, $text, $name) = @$row;
	my @new = new_rows(sub { as_alice('phish', form => $form,
	    text => sprintf($text, $name)) });

	is(scalar @new, 1, "forwarded as text by $name: listed");
	is("$new[0]{form} $new[0]{from} $new[0]{subject}",
	    "inline x\@evil.example Pay $name", '... with what it says');
}
is(scalar(to($alice)), 0, 'nothing of all this was acknowledged');
# What is not taken is told, also where nobody is thanked.
my @new = new_rows(sub { as_alice('phish', messages =>
    [ map { phish(subject => "Many $_") } 1 .. 25 ]) });
is(scalar @new, 20, 'of 25 attached messages 20 are taken');
is(scalar(keys %{{ map { $_->{id} => 1 } @new }}), 20,
    '... each with an id of its own');
my ($told) = answers($alice, 1);
like($told || '', qr/Not all of the messages that you attached could be\s+taken/,
    '... that the others are not is told');
like($told || '', qr/Many 20\b/, '... with those that were');
unlike($told || '', qr/Many 21\b/, '... and no others');
like($site->log, qr/report-incomplete tenant=example by=alice\@example\.org/,
    '... and logged');

# What holds no message is kept, and answered with a hint.
for my $row ([ 'msg', 'outlook' ], [ 'text', 'none' ]) {
	my ($form, $as) = @$row;

	$sink->forget;
	@new = new_rows(sub { as_alice('phish', form => $form,
	    message => phish(), text => 'somebody phished me') });
	is(scalar @new, 1, "$form without a message: listed");
	is($new[0]{form}, $as, '... as what it is');
	isnt(octets_of($new[0]{id}), '', '... and kept');
	my ($hint) = answers($alice, 1);
	like($hint, qr/forward that\s+message as an attachment/,
	    '... with a hint how to forward');
	like($hint, qr/^Auto-Submitted: auto-generated\r$/m,
	    '... that says that no person wrote it');
}

# --- why ------------------------------------------------------------------

for my $row ([ 'junk', 'odd', 'junk' ], [ 'ham', 'odd', 'not-junk' ],
    [ 'report', '1|x', 'junk' ], [ 'report', 'Junk: x', 'junk' ],
    [ 'report', '2|x', 'not-junk' ],
    [ 'report', 'NOT JUNK:x', 'not-junk' ], [ 'report', '3|x', 'phish' ],
    [ 'report', 'Phishing: x', 'phish' ], [ 'report', '4|x', 'phish' ],
    [ 'report', '', 'phish' ]) {
	my ($to, $subject, $reason) = @$row;

	@new = new_rows(sub { as_alice($to, subject => $subject,
	    message => phish()) });
	is("@{$new[0]{reasons}}", $reason,
	    "\"$subject\" to $to\@ is a report of $reason");
}

# --- who counts -----------------------------------------------------------

# login, From, fields, verified, reporter
my @matrix = (
    [ 'a login', $alice, $alice, '', 1, $alice ],
    [ "a login under another's From", $bob, $alice, '', 1, $bob ],
    [ "a login under a stranger's From", $bob, 'z@evil.example', '', 1,
      $bob ],
    [ 'a login that is an alias', 'al@example.org', 'al@example.org', '', 1,
      $alice ],
    [ 'a login that is a shared address', 'team@example.org',
      'team@example.org', '', 1, 'team@example.org' ],
    [ 'a login that is no address', 'alice', $alice, '', 0, $alice ],
    [ "another tenant's login", 'jo@other.org', $alice, '', 0, $alice ],
    [ 'From alone', '', $alice, '', 0, $alice ],
    [ 'From and an aligned pass', '', $alice, proof('example.org'), 1,
      $alice ],
    [ 'From and a pass of another domain', '', $alice,
      proof('evil.example'), 0, $alice ],
    [ "a stranger's aligned pass", '', 'z@evil.example',
      proof('evil.example'), 0, 'z@evil.example' ],
    [ "another tenant's aligned pass", '', 'jo@other.org',
      proof('other.org'), 0, 'jo@other.org' ]);
for my $row (@matrix) {
	my ($name, $login, $from, $fields, $is, $reporter) = @$row;
	my @filter = $is ? () : ('--unverified');

	@new = new_rows(sub { report($login, 'phish@example.org',
	    carrier(from => $from, to => 'phish@example.org',
		fields => $fields, message => phish()),
	    sender => $login && $login =~ /@/ ? $login : $from) }, @filter);
	is(scalar @new, 1, "$name: " . ($is ? 'verified' : 'not verified'))
	    or diag($site->log_tail);
	is("@{$new[0]{reporters}}", $reporter, "... of $reporter");
}
is(scalar(to('z@evil.example')), 0, 'no stranger is answered');
like($site->gatepost('report', 'list')->{out},
    qr/^\d+ by people who are not verified: --unverified lists them$/m,
    'the list says that there are others');
unlike($site->gatepost('report', 'list', '--unverified')->{out},
    qr/not verified/, '... and the list of those does not');

# --- programs -------------------------------------------------------------

my @loops = (
    map({ [ "Auto-Submitted: $_" ] } 'auto-replied', 'auto-generated',
	'auto-notified', 'Auto-Replied; owner=x', ' (a) auto-replied',
	'yes'),
    map({ [ "Precedence: $_" ] } qw(bulk junk list auto_reply BULK)),
    map({ [ "List-$_: <mailto:x\@y.example>" ] } qw(Id Unsubscribe Post Help
	Subscribe Owner Archive)),
    map({ [ "$_: x" ] } qw(X-Autoreply X-Autoreply-From X-Autorespond
	X-Autogenerated X-Mail-Autoreply X-FC-MachineGenerated
	X-Failed-Recipients X-Loop)),
    [ 'X-Precedence: bulk' ],
    [ 'Content-Type: multipart/report; report-type=delivery-status; ' .
      'boundary=bb' ],
    [ 'Content-Type: multipart/report; report-type=' .
      '"disposition-notification"; boundary=bb' ],
    [ '', sender => '' ],
    [ 'X-Kind: an own mail', message_id =>
      '01KAX3QZ7M4V9T2W5Y8B0C1D2E@example.org' ]);
cmp_ok(scalar @loops, '>=', 30, 'there are 30 ways to be a program');
@new = new_rows(sub {
	for my $row (@loops) {
		my ($field, %arg) = @$row;
		my $data = carrier(from => $alice, to => 'phish@example.org',
		    fields => $field ? "$field\n" : '', message => phish());

		$data =~ s/^Message-ID: .*/Message-ID: <$arg{message_id}>/m
		    if $arg{message_id};
		$data =~ s/^Content-Type: multipart\/mixed.*\n//m
		    if $field =~ /^Content-Type/;
		is(report($alice, 'phish@example.org', $data,
		    exists $arg{sender} ? (sender => '') : ())->{verdict},
		    'discard', ($field || 'the null sender') . ': taken off');
	}
});
is(scalar @new, 0, '... and none of them is a report');
is($site->json('report', 'list')->{dropped}[0]{count}, scalar @loops,
    '... but each is counted');
@new = new_rows(sub { as_alice('phish', fields =>
    "Auto-Submitted: no\nPrecedence: first-class\n", message => phish()) });
is(scalar @new, 1, 'a person who says so is one');

# --- rules ----------------------------------------------------------------

my $bad = phish(from => 'x@blocked.example',
    body => "see http://evil-link.example/\n");
is(deliver($bad, $alice, from => 'x@blocked.example'), undef,
    'a message with a blocked link does not come through');
@new = new_rows(sub { as_alice('phish', message => $bad) });
is(scalar @new, 1, 'a report of it does');
$got = report('', 'phish@example.org', carrier(from => 'z@y.example',
    to => 'phish@example.org', message => $bad), sender => 'z@y.example');
is(scalar(grep { $_->{rcpt} eq 'phish@example.org' }
    @{$site->json('quarantine', 'list')->{items}}), 1,
    "... but a stranger's is judged like other mail");

# Others get theirs.
$got = as_alice('phish', message => phish());
$got = report($alice, 'phish@example.org', carrier(from => $alice,
    to => 'phish@example.org', message => phish()), more => [ $bob ]);
is($got->{verdict}, 'continue', 'with a copy to somebody else it goes on');
is_deeply([grep { $_->[0] =~ /rcpt/ } @{$got->{edits}}],
    [[ 'delrcpt', '<phish@example.org>' ]], '... to him alone');

# --- matching -------------------------------------------------------------

my $message = phish(subject => 'Matched');
my $id = deliver($message, $alice);
my $stored = "X-Gatepost-Id: $id\n$message";

# What the reporter sends => is it that message?
for my $row (
    [ 'our id', $stored, 1 ],
    [ 'Message-ID and From', $message, 1 ],
    [ 'body alone', $message =~ s/^Message-ID: .*\n//mr, 1 ],
    [ 'body alone, under another From',
      $message =~ s/^Message-ID: .*\n//mr =~ s/^From: .*/From: ceo\@big.example/mr,
      1 ],
    [ 'Message-ID, another From and body',
      $message =~ s/^From: .*/From: ceo\@big.example/mr =~ s/Dear.*/Hi/sr, 0 ],
    [ 'our id, another From and body',
      $stored =~ s/^From: .*/From: ceo\@big.example/mr =~ s/Dear.*/Hi/sr =~
      s/^Message-ID: .*\n//mr, 0 ],
    [ 'no id, no Message-ID, another body',
      $message =~ s/^Message-ID: .*\n//mr =~ s/Dear.*/Hi/sr, 0 ],
    [ 'an id that is none', "X-Gatepost-Id: ../../x\n" .
      phish(subject => 'x'), 0 ]) {
	my ($name, $text, $is) = @$row;

	as_alice('phish', message => $text);
	my ($found) = grep { ($_->{message} || '') eq $id } rows();
	my ($last) = sort { $b->{last} cmp $a->{last} } rows();
	is($found ? $site->json('report', 'show', $found->{id})->{items}[0]{times}
	    : 0, $is ? ($site->{seen} = ($site->{seen} || 0) + 1) :
	    $site->{seen}, "$name: " . ($is ? 'matched' : 'stands alone'));
	next unless $is;
	is("$found->{from} $found->{subject} $found->{sender}",
	    'x@evil.example Matched x@evil.example',
	    '... with what the ledger knows');
	is($found->{client}, '198.51.100.25', '... and its client');
}
# Another did not get it.
@new = new_rows(sub { report($bob, 'phish@example.org', carrier(
    from => $bob, to => 'phish@example.org', message => $stored)) });
is($new[0]{message}, undef, 'who did not get it is not matched to it');
# By way of an alias, and of a shared address, he did.
my $team = deliver(phish(subject => 'To all'), 'team@example.org');
for my $who ($alice, $bob) {
	report($who, 'phish@example.org', carrier(from => $who,
	    to => 'phish@example.org', message => "X-Gatepost-Id: $team\n" .
	    phish(subject => 'To all')));
}
my ($both) = grep { ($_->{message} || '') eq $team } rows();
is($both->{count}, 2, 'two who got it by one address are one row, of two');
is(join(' ', sort @{$both->{reporters}}), "$alice $bob", '... by name');

# Mail of a list goes to each reader by itself, and has one Message-ID: the
# reporter's copy is found among any number of others', older or newer.
my $to_all = phish(subject => 'Spring', from => 'list@spring.example',
    id => 'spring@spring.example');
$site->milter_message(from => 'list@spring.example', data => $to_all,
    rcpt => [ "reader$_\@example.org" ], client => '198.51.100.25')
    foreach 1 .. 3;
my $hers = deliver($to_all, $alice, from => 'list@spring.example');
my $newest;
for my $number (4 .. 124) {
	my $edits = $site->milter_message(from => 'list@spring.example',
	    data => $to_all, rcpt => [ "reader$number\@example.org" ],
	    client => '198.51.100.25')->{edits};

	($newest) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ } @$edits;
}
Gatepost::Test::wait_for(10, sub {
	$site->gatepost('why', $newest)->{code} == 0 });
for my $row ([ 'Message-ID', $to_all ],
    [ 'body', $to_all =~ s/^Message-ID: .*\n//mr ]) {
	my ($by, $text) = @$row;

	@new = new_rows(sub { as_alice('phish', message => $text) })
	    if $by eq 'Message-ID';
	as_alice('phish', message => $text) if $by ne 'Message-ID';
	worked_off($site);
	my $last = $site->json('report', 'show', $new[0]{id})->{items}[0];
	is($last->{message}, $hers, "by its $by her copy is found among " .
	    'those of 124 others');
	is($last->{times}, $by eq 'body' ? 2 : 1, '... each time');
}

# --- tenants apart --------------------------------------------------------

@new = new_rows(sub { report('jo@other.org', 'phish@example.org', carrier(
    from => 'jo@other.org', to => 'phish@example.org',
    message => $stored)) }, '--unverified');
is("$new[0]{tenant} " . ($new[0]{message} || '-'), 'example -',
    "another tenant's user learns nothing of what came here");
is(scalar(rows('--tenant', 'other')), 0, '... and reports nothing there');
report('jo@other.org', 'phish@other.org', carrier(from => 'jo@other.org',
    to => 'phish@other.org', message => $stored));
@new = rows('--tenant', 'other');
is(scalar @new, 1, 'at his own address he does');
is($new[0]{message}, undef, '... but of a message that is not known there');

# --- quotas ---------------------------------------------------------------

is(report('jo@other.org', 'phish@other.org', carrier(from => 'jo@other.org',
    to => 'phish@other.org', message => phish()))->{verdict}, 'discard',
    "report $_ of three within an hour is taken") foreach 2, 3;
$got = report('jo@other.org', 'phish@other.org', carrier(
    from => 'jo@other.org', to => 'phish@other.org', message => phish()));
is($got->{verdict}, 'tempfail', '... and the fourth is answered "later"');
like($got->{reply} || '', qr/^452 4\.7\.1 /, '... by 452');
is(report('al@other.org', 'phish@other.org', carrier(from => 'al@other.org',
    to => 'phish@other.org', message => phish()))->{verdict}, 'discard',
    'another reporter is heard') foreach 1, 2;
is(report('bo@other.org', 'phish@other.org', carrier(from => 'bo@other.org',
    to => 'phish@other.org', message => phish()))->{verdict}, 'tempfail',
    '... until all together have had their share');
is(report('', 'phish@other.org', carrier(from => 'q@y.example',
    to => 'phish@other.org', message => phish()), sender => 'q@y.example')
    ->{verdict}, 'discard', 'strangers have one of their own');

# The same again and again takes its place once.
my $same = phish(subject => 'Same');
worked_off($site);
my @before = glob($site->state_dir . '/reports/kept/*.eml');
as_alice('phish', message => $same) foreach 1 .. 10;
@rows = grep { $_->{subject} eq 'Same' } rows();
is(scalar @rows, 1, 'ten reports of one message are one row');
is($site->json('report', 'show', $rows[0]{id})->{items}[0]{times}, 10,
    '... counted');
my @after = glob($site->state_dir . '/reports/kept/*.eml');
is(@after - @before, 1, '... and one file');

# A flood takes no more than its share.
Gatepost::Test::write_file($site->dir . '/flood.eml', carrier(
    from => 'flood@both.org', to => 'phish@both.org', message => phish()));
@before = glob($site->state_dir . '/reports/*/*.eml');
my $sum = $site->driver('--messages', 300, '--connections', 10,
    '--no-unique', '--mail', $site->dir . '/flood.eml', '--from',
    'flood@both.org', '--rcpt', 'phish@both.org', '--client',
    '198.51.100.77', '--macro', 'mail:auth_authen=flood@both.org');
is(scalar(grep { $_->{verdict} eq 'tempfail' } @{$sum->{log}}), 250,
    'of 300 reports of one person within an hour 50 are taken');
worked_off($site);
@after = glob($site->state_dir . '/reports/*/*.eml');
is(@after - @before, 1, '... and leave one file');

# --- block@ ---------------------------------------------------------------

my $nice = phish(from => 'n@nice.example', subject => 'News');
my $proven = deliver($nice, $alice, from => 'n@nice.example',
    proof => 'nice.example');
$sink->forget;
@new = new_rows(sub { as_alice('block', message => $nice) });
is(scalar @new, 0, 'block: no report is made');
like((answers($alice, 1))[0], qr/n\@nice\[\.\]example is on your list of\s+blocked/,
    '... and he is told');
is_deeply([map { "$_->{list} $_->{value} $_->{how}" }
    @{$site->json('user', 'show', $alice)->{entries}}],
    ['block n@nice.example mail'], '... the sender is on his list');
for my $row ([ 'nothing proves', $message, qr/not proven/ ],
    [ 'was never delivered', phish(from => 'boss@example.org'),
      qr/no\s+message like this/ ]) {
	my ($name, $text, $says) = @$row;

	$sink->forget;
	as_alice('block', message => $text);
	like((answers($alice, 1))[0], $says,
	    "a sender whom $name is not blocked, and that is explained");
}
is(scalar @{$site->json('user', 'show', $alice)->{entries}}, 1,
    '... his list is as it was');
ok((grep { "@{$_->{reasons}}" =~ /junk/ && ($_->{message} || '') eq $id }
    rows()), '... and it is a report of junk');

# --- destinations ---------------------------------------------------------

$sink->forget;
$got = report('u@desk.org', 'phish@desk.org', carrier(from => 'u@desk.org',
    to => 'phish@desk.org', message => phish(subject => 'Desk')));
is($got->{verdict}, 'discard', 'mailbox: the report is taken off');
my ($copy) = answers('secops@desk.org', 1);
like($copy || '', qr/^Subject: Pay|Desk/m, '... and goes to the mailbox');
@new = rows('--tenant', 'desk');
is("$new[0]{subject} $new[0]{result}", 'Desk notSubmitted',
    '... and is listed as not submitted');
$sink->forget;
$got = report('u@both.org', 'phish@both.org', carrier(from => 'u@both.org',
    to => 'phish@both.org', message => phish(subject => 'Both')));
is($got->{verdict}, 'continue', 'both: it goes on to its own mailbox');
@new = rows('--tenant', 'both', '--reporter', 'u@both.org');
is($new[0]{result}, undef, '... and is taken');
like((answers('u@both.org', 1))[0] || '',
    qr/^Subject: =\?utf-8|^Subject: Ihre Meldung/m,
    '... and acknowledged in the language of the tenant');

# --- one reporter whom the MTA does not know ---------------------------------

$sink->stop;
$sink = Gatepost::Sink->new(folder => $site->dir . '/sink2',
    refuses => qr/bob\@/);
$site->write_config(release => { smtp => $sink->place });
$site->reload;
my $team_message = phish(subject => 'Of three');
report($_, 'phish@example.org', carrier(from => $_,
    to => 'phish@example.org', message => $team_message))
    foreach 'ann@example.org', $bob, $alice;
my ($of_three) = grep { $_->{subject} eq 'Of three' } rows();
is($of_three->{count}, 3, 'three report one message');
my $mark = $site->gatepost('report', 'mark', $of_three->{id}, 'phish');
is($mark->{code}, 75, 'one of them cannot be told that it is marked');
like($mark->{err}, qr/told 2 reporters: bob\@example\.org: /,
    '... which is said, and who');
is(scalar(to('ann@example.org')) . scalar(to($alice)), '11',
    '... and the others are told');

# --- an MTA that is away --------------------------------------------------

$site->write_config(release => { smtp => '127.0.0.1:' .
    Gatepost::Test::free_port() });
$mark = $site->gatepost('report', 'mark', $of_three->{id}, 'spam');
is($mark->{code}, 0, 'while the MTA is away a mark is taken')
    or diag($mark->{err});
like($mark->{out}, qr/told 3 reporters/, '... and its letters');
like($site->gatepost('status')->{out}, qr/^outbox +3/m, '... which wait');
$site->write_config(release => { smtp => $sink->place });
$sink->forget;
$site->gatepost('outbox', 'send');
is(join(' ', map { scalar(grep { /Your report: it was spam/ } answers($_, 1)) }
    'ann@example.org', $alice), '1 1', '... and are sent when it is back');

# --- a stop in the middle -------------------------------------------------

@new = new_rows(sub {
	as_alice('phish', message => phish(subject => "Crash $_"))
	    foreach 1 .. 5;
	kill('KILL', $site->front_pid);
	Gatepost::Test::wait_for(20, sub { ($site->milter_message(
	    from => 'a@b.example', rcpt => [ $bob ],
	    data => "From: a\@b.example\n\nx\n") || {})->{verdict} });
});
is(scalar @new, 5, 'reports that were answered outlive the daemon');

$site->stop;
$sink->stop;
done_testing();
