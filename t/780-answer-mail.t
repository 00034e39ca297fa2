#!/usr/bin/perl
#
# 780-answer-mail.t -- an abuse desk answers by mail: only with the token, and
# only when From is proven to be its address

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Spool;
use Gatepost::Test;
use Test::More;

my $folder = File::Temp::tempdir(CLEANUP => 1);
my $sink = Gatepost::Sink->new(folder => "$folder/mail");
my $site = Gatepost::Test->new(config => { authentication => 'upstream',
    release => { smtp => $sink->place }, upstreams => [
    { name => 'auth', authserv_id => 'auth.example', strips => \1 } ],
    analysts => [ { name => 'desk', type => 'mail', address =>
	'Abuse@desk.example', words => ['ok=clean'] },
    { name => 'other', type => 'mail', address => 'x@other.example',
      as => ['spam'] } ] },
    tenant => { digest => { address => 'gatepost@example.org' } });

sub record { return $site->json('submission', 'show', $_[0]) }

my %names;	# Message-IDs of questions

# The subject of the question that a run of drain sends.
sub asked {
	$sink->forget;
	is($site->gatepost('drain')->{code}, 0, 'drain');
	my ($mail) = $sink->mails;
	my $data = $mail->{data} =~ s/\r\n[ \t]/ /gr;
	my ($subject) = $data =~ /^Subject: (.*?)\r$/m;

	like($data, qr/^Reply-To: <gatepost\@example\.org>\r$/m,
	    '... answers go to the action address');
	like($subject, qr/GP1-[0-9A-Z]{64}/, '... with a token');
	my ($name) = $data =~ /^Message-ID: (<\S+>)\r$/m;

	ok(!$names{$name}++, '... and a name of its own');
	return $subject;
}

# A submission that was sent, and the subject of the question.
sub sent {
	my $id = Gatepost::Spool::put($site, data => "From: a\n\nx\n", @_);

	return ($id, asked());
}

sub answer {
	my ($subject, $text, %how) = @_;
	my $from = $how{from} // 'abuse@desk.example';
	my $auth = $how{auth} // 'pass';
	my $answer = $site->milter_message(from => $from, client =>
	    '203.0.113.9', rcpt => $how{rcpt} // 'gatepost@example.org',
	    data => join("\r\n",
	    "Authentication-Results: auth.example; dmarc=$auth header.from=" .
	    ($from =~ s/.*\@//r), "From: The Desk <$from>",
	    'To: gatepost@example.org', "Subject: $subject",
	    'Message-ID: <1@desk.example>', @{$how{fields} // []}, '',
	    $text, ''));

	isnt($answer->{verdict}, 'tempfail', 'an answer is taken');
	return $answer;
}

# What becomes of it, once nothing is left to be done.
sub attempt {
	my ($id) = @_;
	my $new = $site->state_dir . '/actions/new';

	Gatepost::Test::wait_for(20, sub {
		my @left = glob("$new/*.json");

		@left == 0;
	});
	return record($id)->{attempts}[0];
}

chmod(0750, $site->state_dir);
$site->start;

my ($id, $subject) = sent();
answer("Re: $subject", 'phish', auth => 'fail');
is(attempt($id)->{state}, 'sent', 'one that nothing proves is none');
answer("Re: $subject", 'phish', from => 'abuse@evil.example');
is(attempt($id)->{state}, 'sent', 'one of another is none');
answer("Re: $subject", 'phish', from => 'x@other.example');
is(attempt($id)->{state}, 'sent', 'nor is one of another analyst');
answer('Re: ' . ($subject =~ s/GP1-\K(.)/$1 eq "0" ? "1" : "0"/er),
    'phish');
is(attempt($id)->{state}, 'sent', 'one whose token is wrong');
answer("Re: $subject", 'Thank you, we have got your mail.');
is(attempt($id)->{state}, 'sent', 'one that says nothing');
answer("AW: $subject", "\r\nPhish: the usual\r\n> clean\r\n");
my $attempt = attempt($id);
is($attempt->{state}, 'answered', 'one that is good');
is($attempt->{verdict}, 'phish', '... its verdict');
is($attempt->{detail}, 'the usual', '... and why');
answer("AW: $subject", 'clean');
is(attempt($id)->{verdict}, 'phish', 'the first one counts');
is($site->gatepost('drain')->{code}, 0, 'drain');
is(record($id)->{result}, 'threatsFound', '... settles it');

# Disputed, it is asked about anew: what answers the first question is late.
is($site->gatepost('submission', 'dispute', $id, '--wrong', 'result')
    ->{code}, 0, 'the result is disputed');
my $again = asked();
my ($old, $new) = map { /(GP1-\w+)/ } $subject, $again;
isnt($new, $old, '... the question has another token');
answer("Re: $subject", "clean, we looked again\r\n");
$attempt = attempt($id);
is($attempt->{state}, 'sent', 'an answer to the first question is late');
is($attempt->{verdict}, 'none', '... no verdict');
is($site->gatepost('drain')->{code}, 0, '... drain');
is(record($id)->{status}, 'pending', '... settles nothing');
is_deeply(record($id)->{dispute}{late}, ['desk: clean: we looked again'],
    '... and is known');
like($site->gatepost('submission', 'show', $id)->{out},
    qr/^  late answer  desk: clean: we looked again$/m, '... and shown');
answer("Re: $again", 'spam');
is(attempt($id)->{verdict}, 'spam', 'one to the second question counts');
is($site->gatepost('drain')->{code}, 0, '... drain');
is(record($id)->{result}, 'spam', '... settles it');

($id, $subject) = sent();
for my $row ([ 'an automatic reply', 'Auto-Submitted: auto-replied' ],
    [ 'a program by another field', 'X-Autoreply: yes' ]) {
	my ($who, $field) = @$row;

	answer("Re: $subject", 'Spam reports are read within a day.',
	    fields => [ $field ]);
	is(attempt($id)->{state}, 'sent', "$who that confirms says nothing");
}
like($site->log, qr/answer-ignored analyst=desk reason="[^"]*a program wrote it/,
    '... which the log says');
answer("Re: $subject", 'Spam , as ever', fields => [
    'Auto-Submitted: auto-generated' ]);
is(attempt($id)->{verdict}, 'spam', 'its word in front of a point counts');
($id, $subject) = sent();
answer($subject, 'spam as it can be');
is(attempt($id)->{verdict}, 'spam', 'a person needs no point');

($id, $subject) = sent();
answer($subject, "OK\r\nregards", fields => ['Auto-Submitted: auto-replied']);
is(attempt($id)->{verdict}, 'clean', 'a word of its own, by a program');
($id, $subject) = sent();
answer($subject, '<html><body><p>Spam, of course</p></body></html>',
    fields => ['MIME-Version: 1.0', 'Content-Type: text/html']);
is(attempt($id)->{verdict}, 'spam', 'one in HTML');
is(defined $site->stop, 1, 'the daemon stops');
done_testing;
