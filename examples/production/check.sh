npx millrace config print
npx millrace doctor
