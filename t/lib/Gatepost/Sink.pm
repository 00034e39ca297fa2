package Gatepost::Sink;

# An SMTP listener that takes what is released, or does what the test wants
# of a bad one.  One child a connection.
#
#	my $sink = Gatepost::Sink->new(folder => $dir, offers => ['DSN']);
#	... release = { smtp = $sink->place } ...
#	foreach my $mail ($sink->mails) { $mail->{mail}, {rcpt}, {data} }
#
#	offers	keywords of EHLO (default all that Postfix has)
#	at	{ RCPT => '550 no', ... }: answers by command, "." is the end of
#		the data; "close" hangs up there, "silence" says nothing more,
#		"late" takes the message and then hangs up.  A list is worked
#		off, one command each.
#	greet	the greeting
#	refuses	recipients that it does not know, a pattern

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep);

use Gatepost::Peer;

our @ISA = ('Gatepost::Peer');

my @all = ('PIPELINING', 'SIZE 10240000', 'ENHANCEDSTATUSCODES', '8BITMIME',
    'DSN', 'SMTPUTF8');

sub new {
	my ($class, %arg) = @_;
	my $listener = IO::Socket::INET->new(Listen => 64,
	    LocalAddr => '127.0.0.1', ReuseAddr => 1)
	    or die "listen: $!\n";

	return Gatepost::Peer::start($class, $listener,
	    folder => $arg{folder}, port => $listener->sockport,
	    offers => $arg{offers} || \@all, refuses => $arg{refuses},
	    at => $arg{at} || {}, greet => $arg{greet} || '220 sink ESMTP');
}

sub place { return "127.0.0.1:$_[0]{port}" }

sub _serve {
	my ($self, $peer, $count) = @_;
	my %seen = (rcpt => [], said => []);
	my $say = sub {
		my ($command, $usual) = @_;
		my $answer = $self->{at}{$command};

		$answer = shift(@$answer) if ref $answer;
		$answer = $usual unless defined $answer;
		POSIX::_exit(0) if $answer eq 'close';
		sleep(30), POSIX::_exit(0) if $answer eq 'silence';
		syswrite($peer, "$answer\r\n");
		return $answer =~ /^[23]/;
	};

	syswrite($peer, "$self->{greet}\r\n");
	while (defined(my $line = <$peer>)) {
		$line =~ s/\r?\n\z//;
		push(@{$seen{said}}, $line);
		if ($line =~ /^EHLO/) {
			my @lines = ('sink', @{$self->{offers}});
			my $last = pop(@lines);

			$say->('EHLO', join('', map { "250-$_\r\n" } @lines) .
			    "250 $last");
		} elsif ($line =~ /^MAIL (.*)/) {
			$seen{mail} = $1 if $say->('MAIL', '250 ok');
		} elsif ($line =~ /^RCPT (.*)/) {
			my $rcpt = $1;

			push(@{$seen{rcpt}}, $rcpt) if $say->('RCPT',
			    $self->{refuses} && $rcpt =~ $self->{refuses} ?
			    '550 no such user' : '250 ok');
		} elsif ($line =~ /^DATA/) {
			next unless $say->('DATA', '354 go on');
			my ($data, $text) = ('');
			while (defined($text = <$peer>)) {
				last if $text eq ".\r\n";
				$data .= $text;
			}
			# Who went before the end has sent nothing.
			POSIX::_exit(0) unless defined $text;
			$seen{data} = $data;
			my $is_late = ($self->{at}{'.'} || '') eq 'late';

			$self->_keep(\%seen, $count) if $is_late ||
			    !defined $self->{at}{'.'};
			POSIX::_exit(0) if $is_late;
			$say->('.', '250 taken');
		} elsif ($line =~ /^QUIT/) {
			$say->('QUIT', '221 bye');
			return;
		} else {
			$say->('?', '502 what');
		}
	}
}

# What was taken, oldest first.
sub mails { return $_[0]->_kept }

1;
