// `npm run test:recovery-long`: in a file, as there is no way to set a variable that every shell has
process.env.RECOVERY_SECONDS = "120";
