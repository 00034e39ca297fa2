# Gatepost::Dovecot -- a private Dovecot of a test's site, and IMAP to it
#
#	my $dovecot = Gatepost::Dovecot->new($site, conf => "...");
#	$dovecot->start;
#	my $uid = $dovecot->put('alice@example.org', 'INBOX', $message);
#	my @answer = $dovecot->imap('alice@example.org', "UID MOVE $uid Junk");
#
# Everybody may log in, with the password "secret".  Mail belongs to the user
# daemon and the group mail.  It ends with the site.
package Gatepost::Dovecot;

use strict;
use warnings;

use Gatepost::Test;
use IO::Socket::INET ();

# Why it cannot be had, or "" when all of FILES, below Dovecot's folder, are
# there.
sub missing {
	my (@files) = @_;

	return 'needs to be run by root' if $> != 0;
	return 'there is no user daemon with a group mail'
	    unless defined getpwnam('daemon') && defined getgrnam('mail');
	foreach my $file (@files) {
		return "Dovecot's $file is not installed"
		    unless -e "/usr/lib/dovecot/$file";
	}
	return Gatepost::Test::installed('dovecot') ? '' :
	    'dovecot is not installed';
}

# conf		more settings, as text
# folders	what each user gets, a list
sub new {
	my ($class, $site, %arg) = @_;
	my ($imap, $lmtp, $auth) = map { Gatepost::Test::free_port() } 1 .. 3;
	my $self = bless { site => $site, at => $site->dir . '/dovecot',
		imap => $imap, lmtp => $lmtp, auth => $auth, tag => 0,
		folders => $arg{folders} || [], open => {} }, $class;
	my ($uid, $gid) = ($self->uid, $self->gid);
	my $at = $self->{at};

	mkdir($_) foreach $at, "$at/mail";
	chown($uid, $gid, "$at/mail");
	Gatepost::Test::write_file($self->config_file, <<"EOT");
base_dir = $at/run
state_dir = $at/run
log_path = $at/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_username_chars =
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$at/mail/%u allow_all_users=yes
}
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = $auth
  }
}
EOT
	# A sanitizer takes more memory than Dovecot leaves to what it runs.
	$self->add_conf("service imap {\n  vsz_limit = 0\n}\n")
	    if Gatepost::Test::sanitizers();
	$self->add_conf($arg{conf}) if defined $arg{conf};
	return $self;
}

sub at { return $_[0]->{at} }
sub config_file { return $_[0]->{at} . '/dovecot.conf' }
sub imap_port { return $_[0]->{imap} }
sub lmtp_port { return $_[0]->{lmtp} }
sub auth_port { return $_[0]->{auth} }
sub uid { return (getpwnam('daemon'))[2] }
sub gid { return scalar getgrnam('mail') }
sub log { return Gatepost::Test::read_file($_[0]->{at} . '/log') // '' }

sub add_conf {
	my ($self, $text) = @_;

	Gatepost::Test::write_file($self->config_file,
	    Gatepost::Test::read_file($self->config_file) . $text);
}

# True when it listens.
sub start {
	my ($self) = @_;

	$self->{site}->spawn('dovecot', '/usr/sbin/dovecot', '-F', '-c',
	    $self->config_file);
	return Gatepost::Test::wait_for(20, sub {
		Gatepost::Test::listening("inet:$self->{imap}") &&
		    Gatepost::Test::listening("inet:$self->{lmtp}") });
}

sub stop { return $_[0]->{site}->end('dovecot', 10) }

sub _connect {
	my ($self, $port) = @_;

	return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
	    PeerPort => $port, Timeout => 10) || die "no Dovecot: $@\n";
}

# Say LINE as USER, OCTETS behind it as a literal; the lines of the answer,
# of which the last is the result.
sub imap {
	my ($self, $user, $line, $octets) = @_;
	my $to = $self->{open}{$user};
	my @answer;

	if (!$to) {
		$to = $self->{open}{$user} = $self->_connect($self->{imap});
		<$to>;
		$self->imap($user, "LOGIN \"$user\" secret");
		$self->imap($user, "CREATE $_") foreach @{$self->{folders}};
	}
	local $SIG{PIPE} = 'IGNORE';
	local $SIG{ALRM} = sub { shutdown($to, 2) };
	alarm(60);
	my $tag = 't' . ++$self->{tag};
	$line .= ' {' . length($octets) . '+}' if defined $octets;
	print $to "$tag $line\r\n", defined $octets ? "$octets\r\n" : ();
	while (defined(my $got = <$to>)) {
		push(@answer, $got);
		last if $got =~ /^$tag /;
		if ($got =~ /\{(\d+)\}\r\n\z/) {
			read($to, my $literal, $1);
			push(@answer, $literal);
		}
	}
	alarm(0);
	return @answer ? @answer : ('');
}

# Put MESSAGE into FOLDER of USER, and open that; the message's UID there, or
# undef.
sub put {
	my ($self, $user, $folder, $message) = @_;
	my ($uid) = ($self->imap($user, "APPEND $folder",
	    $message =~ s/\r?\n/\r\n/gr))[-1] =~ /APPENDUID \d+ (\d+)/;

	$self->imap($user, "SELECT $folder");
	return $uid;
}

# Deliver MESSAGE to RCPT; the answer.
sub lmtp {
	my ($self, $rcpt, $message) = @_;
	my $to = $self->_connect($self->{lmtp});
	my $answer = '';

	local $SIG{PIPE} = 'IGNORE';
	local $SIG{ALRM} = sub { shutdown($to, 2) };
	alarm(30);
	<$to>;
	foreach my $line ('LHLO test', 'MAIL FROM:<x@evil.example>',
	    "RCPT TO:<$rcpt>", 'DATA',
	    ($message =~ s/\r?\n/\r\n/gr) . '.') {
		print $to "$line\r\n";
		do {
			$answer = <$to> // '';
		} while ($answer =~ /^\d+-/);
	}
	alarm(0);
	return $answer;
}

1;
