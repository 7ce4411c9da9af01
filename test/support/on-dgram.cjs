/** As the product reads it: whatever a test starts moves its audio by the sockets of Node. */
process.env.TWINTRACK_MEDIA__BACKEND = 'dgram';
