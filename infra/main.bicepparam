using './main.bicep'

// An example; edit it, or pass a copy: az deployment group create --parameters mine.bicepparam
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param tags = {
  owner: 'marketplace-team'
}

// The names of settings, as leadshare.toml has them, and of secrets in the vault.
param vaultSettings = {
  OUR_DYNAMICS_CLIENT_SECRET: 'our-dynamics-client-secret'
  SELLER_DESK_SECRET: 'seller-desk-secret'
}

// Empty until the secret identity-key is in the vault.
param identityKeyVersion = readEnvironmentVariable('IDENTITY_KEY_VERSION', '')

param monthlyBudget = 50
param budgetStart = '2027-01-01'
param alertEmails = [
  'marketplace@contoso.example'
]
param runbooks = 'https://github.com/contoso/leadshare/blob/main/docs/runbooks'
param isLocked = true
